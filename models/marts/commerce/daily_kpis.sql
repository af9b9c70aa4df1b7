-- The shop day by day (UTC). Grain: one row per kpi_date, from the first to the last day of events
-- and orders, at most to the as-of date; a day without anything is a row of zeros, its rates and
-- its average NULL. Orders, revenue and quantity are of counted orders; a guest's order counts and
-- is no ordering customer. Bots are in all columns; the bot_ ones say how much of it they are.
with

visitor_days as (
    select * from {{ ref('int_visitor_days_counted') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }}
),

risks as (
    select * from {{ ref('session_risk') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

active_days as (
    select event_date as active_on from visitor_days
    union
    select ordered_on as active_on from orders
),

bounds as (
    select
        min(active_on) as first_on,
        {{ days_between('min(active_on)', 'max(active_on)') }} + 1 as day_count
    from active_days
    where active_on <= {{ as_of_date() }}
),

days as (
    select bounds.first_on + cast(day_numbers.day_number as integer) as kpi_date
    from {{ number_series('day_numbers', 'day_number', '(select bounds.day_count from bounds)') }}
    cross join bounds
),

event_totals as (
    select
        event_date,
        cast(sum(event_count) as bigint) as event_count,
        count(distinct visitor_id) as visitor_count,
        count(distinct customer_id) as identified_customer_count,
        cast(sum(product_view_count) as bigint) as product_view_count,
        cast(sum(add_to_cart_count) as bigint) as add_to_cart_count,
        cast(sum(checkout_count) as bigint) as checkout_count
    from visitor_days
    group by event_date
),

session_totals as (
    select
        started_on,
        count(*) as session_count,
        count(*) filter (where order_count > 0) as converted_session_count
    from sessions
    group by started_on
),

bot_sessions as (
    select sessions.*
    from sessions
    inner join risks on sessions.session_id = risks.session_id
    where risks.is_likely_bot
),

bot_totals as (
    select
        started_on,
        {{ bot_measures() }}
    from bot_sessions
    group by started_on
),

signup_totals as (
    select
        cast(signed_up_at as date) as signed_up_on,
        count(*) as signup_count
    from customers
    group by 1
),

payment_totals as (
    select
        attempted_on,
        count(*) as payment_attempt_count,
        count(*) filter (where is_approved) as approved_payment_count
    from payments
    group by attempted_on
),

order_totals as (
    select
        ordered_on,
        count(*) as order_count,
        count(distinct customer_id) as ordering_customer_count,
        count(*) filter (where is_first_order) as first_order_count,
        sum(order_amount) as revenue_amount,
        sum(quantity) as quantity
    from orders
    where is_counted
    group by ordered_on
),

joined as (
    select
        days.kpi_date,
        coalesce(event_totals.event_count, 0) as event_count,
        coalesce(event_totals.visitor_count, 0) as visitor_count,
        coalesce(session_totals.session_count, 0) as session_count,
        coalesce(event_totals.identified_customer_count, 0) as identified_customer_count,
        coalesce(signup_totals.signup_count, 0) as signup_count,
        coalesce(event_totals.product_view_count, 0) as product_view_count,
        coalesce(event_totals.add_to_cart_count, 0) as add_to_cart_count,
        coalesce(event_totals.checkout_count, 0) as checkout_count,
        coalesce(payment_totals.payment_attempt_count, 0) as payment_attempt_count,
        coalesce(payment_totals.approved_payment_count, 0) as approved_payment_count,
        coalesce(order_totals.order_count, 0) as order_count,
        coalesce(order_totals.ordering_customer_count, 0) as ordering_customer_count,
        coalesce(order_totals.first_order_count, 0) as first_order_count,
        cast(coalesce(order_totals.revenue_amount, 0) as decimal(18, 4)) as revenue_amount,
        cast(coalesce(order_totals.quantity, 0) as bigint) as quantity,
        coalesce(session_totals.converted_session_count, 0) as converted_session_count,
        coalesce(bot_totals.bot_visitor_count, 0) as bot_visitor_count,
        coalesce(bot_totals.bot_session_count, 0) as bot_session_count,
        coalesce(bot_totals.bot_event_count, 0) as bot_event_count,
        coalesce(bot_totals.converted_bot_session_count, 0) as converted_bot_session_count
    from days
    left join event_totals on days.kpi_date = event_totals.event_date
    left join session_totals on days.kpi_date = session_totals.started_on
    left join bot_totals on days.kpi_date = bot_totals.started_on
    left join signup_totals on days.kpi_date = signup_totals.signed_up_on
    left join payment_totals on days.kpi_date = payment_totals.attempted_on
    left join order_totals on days.kpi_date = order_totals.ordered_on
),

final as (
    select
        kpi_date,
        {{ kpi_columns() }}
    from joined
)

select * from final
