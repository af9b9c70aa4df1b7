-- What each snapshot knew of a customer's sales. Grain: one row per customer_id and snapshot_on with an order that counted then.
-- Sales are taken as they stood then: an order that was undone later still counted.
{{ config(materialized='incremental', meta={'scope': snapshot_scope()}) }}

with

snapshots as (
    select
        snapshot_on,
        {{ snapshot_moment('snapshot_on') }} as known_before
    from {{ ref('int_snapshot_dates') }}
),

orders as (
    select
        customer_id,
        counted_from,
        counted_until,
        cast(ordered_at as date) as ordered_on,
        coalesce(order_amount, 0) as order_amount
    from {{ ref('int_orders_completed') }}
    where
        customer_id is not null
        and counted_from is not null
),

gaps as (
    select * from {{ ref('int_order_gaps_snapshotted') }} as gaps
    where {{ of_changed_snapshots('gaps.customer_id', 'gaps.snapshot_on') }}
),

sales as (
    select
        orders.customer_id,
        snapshots.snapshot_on,
        count(*) as order_count,
        count(*) filter (where {{ is_within_days('orders.ordered_on', 'snapshots.snapshot_on', 30) }}) as order_count_30_days,
        cast(sum(orders.order_amount) as decimal(18, 4)) as revenue_amount,
        cast(
            sum(orders.order_amount) filter (
                where {{ is_within_days('orders.ordered_on', 'snapshots.snapshot_on', whole_variable('revenue_at_risk_days')) }}
            ) as decimal(18, 4)
        ) as recent_revenue_amount,
        min(orders.ordered_on) as first_ordered_on,
        max(orders.ordered_on) as last_ordered_on
    from orders
    inner join snapshots on {{ is_counted_at('orders', 'snapshots.known_before') }}
    where {{ of_changed_snapshots('orders.customer_id', 'snapshots.snapshot_on') }}
    group by orders.customer_id, snapshots.snapshot_on
),

gap_counts as (
    select
        customer_id,
        snapshot_on,
        count(*) as gap_count
    from gaps
    group by customer_id, snapshot_on
),

-- Only customers with gaps enough are judged by their own.
gap_limits as (
    select
        gaps.customer_id,
        gaps.snapshot_on,
        {{ percentile('gaps.gap_days', var('at_risk_gap_percentile')) }} as own_gap_limit_days
    from gaps
    inner join gap_counts
        on gaps.customer_id = gap_counts.customer_id and gaps.snapshot_on = gap_counts.snapshot_on
    where gap_counts.gap_count >= {{ whole_variable('at_risk_min_gaps') }}
    group by gaps.customer_id, gaps.snapshot_on
),

final as (
    select
        sales.customer_id,
        sales.snapshot_on,
        sales.order_count,
        sales.order_count_30_days,
        sales.revenue_amount,
        coalesce(sales.recent_revenue_amount, 0) as recent_revenue_amount,
        coalesce(gap_counts.gap_count, 0) + 1 as order_day_count,
        sales.first_ordered_on,
        sales.last_ordered_on,
        {{ days_between('sales.last_ordered_on', 'sales.snapshot_on') }} as recency_days,
        coalesce(gap_counts.gap_count, 0) as gap_count,
        {{ rate(days_between('sales.first_ordered_on', 'sales.last_ordered_on'), 'gap_counts.gap_count') }} as mean_gap_days,
        gap_limits.own_gap_limit_days
    from sales
    left join gap_counts
        on sales.customer_id = gap_counts.customer_id and sales.snapshot_on = gap_counts.snapshot_on
    left join gap_limits
        on sales.customer_id = gap_limits.customer_id and sales.snapshot_on = gap_limits.snapshot_on
)

select * from final
