-- The shop month by month. Grain: one row per kpi_month (its first day). What adds up is the sum of
-- the month's days in daily_kpis; people are counted once in the month, so those columns are less
-- than the days' sum. is_complete is false for a month that the data covers in part: do not compare
-- it with others.
with

daily_kpis as (
    select
        *,
        cast(date_trunc('month', kpi_date) as date) as kpi_month
    from {{ ref('daily_kpis') }}
),

visitor_days as (
    select * from {{ ref('int_visitor_days_counted') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

risks as (
    select * from {{ ref('session_risk') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where is_counted
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

sums as (
    select
        kpi_month,
        cast(sum(event_count) as bigint) as event_count,
        cast(sum(session_count) as bigint) as session_count,
        cast(sum(signup_count) as bigint) as signup_count,
        cast(sum(product_view_count) as bigint) as product_view_count,
        cast(sum(add_to_cart_count) as bigint) as add_to_cart_count,
        cast(sum(checkout_count) as bigint) as checkout_count,
        cast(sum(payment_attempt_count) as bigint) as payment_attempt_count,
        cast(sum(approved_payment_count) as bigint) as approved_payment_count,
        cast(sum(order_count) as bigint) as order_count,
        cast(sum(first_order_count) as bigint) as first_order_count,
        cast(sum(revenue_amount) as decimal(18, 4)) as revenue_amount,
        cast(sum(quantity) as bigint) as quantity,
        cast(sum(converted_session_count) as bigint) as converted_session_count
    from daily_kpis
    group by kpi_month
),

visitors as (
    select
        daily_kpis.kpi_month,
        count(distinct visitor_days.visitor_id) as visitor_count,
        count(distinct visitor_days.customer_id) as identified_customer_count
    from visitor_days
    inner join daily_kpis on visitor_days.event_date = daily_kpis.kpi_date
    group by daily_kpis.kpi_month
),

buyers as (
    select
        daily_kpis.kpi_month,
        count(distinct orders.customer_id) as ordering_customer_count
    from orders
    inner join daily_kpis on orders.ordered_on = daily_kpis.kpi_date
    group by daily_kpis.kpi_month
),

bot_sessions as (
    select
        daily_kpis.kpi_month,
        sessions.visitor_id,
        sessions.event_count,
        sessions.order_count
    from sessions
    inner join risks on sessions.session_id = risks.session_id
    inner join daily_kpis on sessions.started_on = daily_kpis.kpi_date
    where risks.is_likely_bot
),

bots as (
    select
        kpi_month,
        {{ bot_measures() }}
    from bot_sessions
    group by kpi_month
),

joined as (
    select
        sums.*,
        coalesce(visitors.visitor_count, 0) as visitor_count,
        coalesce(visitors.identified_customer_count, 0) as identified_customer_count,
        coalesce(buyers.ordering_customer_count, 0) as ordering_customer_count,
        coalesce(bots.bot_visitor_count, 0) as bot_visitor_count,
        coalesce(bots.bot_session_count, 0) as bot_session_count,
        coalesce(bots.bot_event_count, 0) as bot_event_count,
        coalesce(bots.converted_bot_session_count, 0) as converted_bot_session_count,
        last_day(sums.kpi_month) <= as_of_dates.as_of_date
        and sums.kpi_month >= as_of_dates.first_date as is_complete
    from sums
    left join visitors on sums.kpi_month = visitors.kpi_month
    left join buyers on sums.kpi_month = buyers.kpi_month
    left join bots on sums.kpi_month = bots.kpi_month
    cross join as_of_dates
),

final as (
    select
        kpi_month,
        {{ kpi_columns() }},
        is_complete
    from joined
)

select * from final
