-- Customers who are slipping away, the most valuable first: a target list. Grain: one row per customer_id that is at risk today
-- (is_at_risk). at_risk_since_on is the first of the unbroken run of days on which today's limit was exceeded and the customer came
-- by at most at_risk_max_sessions times in 30 days. The revenue at risk is what the customer spent in the revenue_at_risk_days before,
-- less what was given back.
with

customers as (
    select * from {{ ref('int_customers_snapshotted') }}
    where is_latest
),

scores as (
    select * from {{ ref('int_customers_scored') }}
    where
        is_latest
        and is_at_risk
),

people as (
    select * from {{ ref('dim_customers') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

sessions as (
    select
        *,
        cast(ended_at as date) as ended_on
    from {{ ref('fct_sessions') }}
),

gaps as (
    select * from {{ ref('int_order_gaps_snapshotted') }}
),

at_risk as (
    select
        customers.*,
        scores.engagement_score,
        scores.value_segment,
        scores.rfm_segment,
        scores.is_high_value,
        scores.is_declining,
        scores.gap_limit_days,
        customers.own_gap_limit_days is not null as is_own_rhythm
    from scores
    inner join customers on scores.customer_id = customers.customer_id
),

-- Days on which the 30 days before held more sessions than a customer at risk has.
session_runs as (
    select
        sessions.customer_id,
        sessions.ended_on,
        lag(sessions.ended_on, {{ var('at_risk_max_sessions') }}) over (
            partition by sessions.customer_id order by sessions.ended_at nulls last, sessions.session_id nulls last
        ) as run_began_on
    from sessions
    inner join at_risk on sessions.customer_id = at_risk.customer_id
    where sessions.ended_on <= at_risk.snapshot_on
),

busy as (
    select
        customer_id,
        max(run_began_on + 29) as busy_until_on
    from session_runs
    where ended_on <= run_began_on + 29
    group by customer_id
),

-- How many waits are known of each length, the own ones and everybody's, up to each length.
waits as (
    select
        gap_days,
        sum(count(*)) over (order by gap_days nulls last) as shorter_count,
        sum(count(*)) over () as gap_count
    from gaps
    where snapshot_on = {{ as_of_date() }}
    group by gap_days
),

recencies as (
    select distinct recency_days
    from at_risk
),

everybodys_percentiles as (
    select
        recencies.recency_days,
        {{ rate('max(waits.shorter_count)', 'max(waits.gap_count)') }} as gap_percentile_rate
    from recencies
    inner join waits on recencies.recency_days >= waits.gap_days
    group by recencies.recency_days
),

own_percentiles as (
    select
        at_risk.customer_id,
        {{ rate('count(case when gaps.gap_days <= at_risk.recency_days then 1 end)', 'count(*)') }} as gap_percentile_rate
    from at_risk
    inner join gaps
        on at_risk.customer_id = gaps.customer_id and at_risk.snapshot_on = gaps.snapshot_on
    where at_risk.is_own_rhythm
    group by at_risk.customer_id
),

-- Where a return is an order of its own with a negative amount, the sale stands: what was given back is no revenue at risk.
credit_notes as (
    select
        at_risk.customer_id,
        sum(-orders.order_amount) as credited_amount
    from at_risk
    inner join orders on at_risk.customer_id = orders.customer_id
    where
        orders.order_amount < 0
        and {{ is_undone_at('orders', 'returned', 'returned_at', snapshot_moment('at_risk.snapshot_on')) }}
        and {{ is_within_days('orders.ordered_on', 'at_risk.snapshot_on', whole_variable('revenue_at_risk_days')) }}
    group by at_risk.customer_id
),

dated as (
    select
        at_risk.*,
        cast(
            greatest(at_risk.recent_revenue_amount - coalesce(credit_notes.credited_amount, 0), 0) as decimal(18, 4)
        ) as revenue_at_risk_amount,
        coalesce(own_percentiles.gap_percentile_rate, everybodys_percentiles.gap_percentile_rate, 0.0) as gap_percentile_rate,
        greatest(
            at_risk.last_ordered_on + cast(floor(at_risk.gap_limit_days) as integer) + 1,
            coalesce(busy.busy_until_on + 1, at_risk.last_ordered_on)
        ) as at_risk_since_on
    from at_risk
    left join busy on at_risk.customer_id = busy.customer_id
    left join credit_notes on at_risk.customer_id = credit_notes.customer_id
    left join own_percentiles on at_risk.customer_id = own_percentiles.customer_id
    left join everybodys_percentiles on at_risk.recency_days = everybodys_percentiles.recency_days
),

final as (
    select
        dated.customer_id,
        people.customer_name,
        people.email,
        people.country,
        dated.snapshot_on as as_of_date,
        dated.engagement_score,
        dated.value_segment,
        dated.rfm_segment,
        dated.is_high_value,
        dated.order_count,
        dated.revenue_amount,
        dated.last_ordered_on,
        dated.recency_days,
        dated.gap_limit_days,
        dated.is_own_rhythm,
        dated.gap_percentile_rate,
        dated.last_session_on,
        dated.session_count_30_days,
        dated.at_risk_since_on,
        {{ days_between('dated.at_risk_since_on', 'dated.snapshot_on') }} as at_risk_days,
        dated.is_declining,
        {{ at_risk_reasons('dated.is_own_rhythm', 'dated.session_count_30_days', 'dated.is_declining') }} as risk_reasons,
        dated.revenue_at_risk_amount,
        {{ at_risk_priority('dated.is_high_value', 'dated.order_count', 'dated.revenue_at_risk_amount') }} as priority,
        cast(rank() over (order by dated.revenue_at_risk_amount desc nulls last) as bigint) as target_rank
    from dated
    inner join people on dated.customer_id = people.customer_id
)

select * from final
