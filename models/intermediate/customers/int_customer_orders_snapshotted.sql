-- What each snapshot knew of a customer's orders, deliveries and returns. Grain: one row per customer_id and snapshot_on from the first
-- order on. Sales are taken as they stood then: an order that was undone later still counted.
with

snapshots as (
    select
        snapshot_on,
        {{ snapshot_moment('snapshot_on') }} as known_before
    from {{ ref('int_snapshot_dates') }}
),

orders as (
    select
        *,
        cast(ordered_at as date) as ordered_on
    from {{ ref('int_orders_completed') }}
    where customer_id is not null
),

gaps as (
    select * from {{ ref('int_order_gaps_snapshotted') }}
),

sales as (
    select
        orders.customer_id,
        snapshots.snapshot_on,
        count(*) as order_count,
        count(*) filter (where {{ is_within_days('orders.ordered_on', 'snapshots.snapshot_on', 30) }}) as order_count_30_days,
        cast(sum(coalesce(orders.order_amount, 0)) as decimal(18, 4)) as revenue_amount,
        cast(
            sum(
                case
                    when {{ is_within_days('orders.ordered_on', 'snapshots.snapshot_on', whole_variable('revenue_at_risk_days')) }}
                        then coalesce(orders.order_amount, 0)
                    else 0
                end
            ) as decimal(18, 4)
        ) as recent_revenue_amount,
        count(distinct orders.ordered_on) as order_day_count,
        min(orders.ordered_on) as first_ordered_on,
        max(orders.ordered_on) as last_ordered_on
    from orders
    inner join snapshots on {{ is_counted_at('orders', 'snapshots.known_before') }}
    group by orders.customer_id, snapshots.snapshot_on
),

own_gaps as (
    select
        customer_id,
        snapshot_on,
        percentile_cont({{ var('at_risk_gap_percentile') }}) within group (order by cast(gap_days as double)) as own_gap_limit_days
    from gaps
    group by customer_id, snapshot_on
    having count(*) >= {{ whole_variable('at_risk_min_gaps') }}
),

deliveries as (
    select
        orders.customer_id,
        snapshots.snapshot_on,
        count(*) as delivered_order_count,
        count(*) filter (where cast(orders.delivered_at as date) > orders.estimated_delivery_on) as late_order_count,
        count(orders.estimated_delivery_on) as promised_order_count,
        {{ mean_days('orders.ordered_at', 'orders.delivered_at') }} as mean_delivery_days
    from orders
    inner join snapshots on orders.delivered_at < snapshots.known_before
    group by orders.customer_id, snapshots.snapshot_on
),

undone as (
    select
        orders.customer_id,
        snapshots.snapshot_on,
        count(*) filter (where {{ is_undone_at('orders', 'returned', 'returned_at', 'snapshots.known_before') }}) as returned_order_count,
        cast(
            sum(
                case
                    when {{ is_undone_at('orders', 'returned', 'returned_at', 'snapshots.known_before') }}
                        then coalesce(abs(orders.order_amount), 0)
                    else 0
                end
            ) as decimal(18, 4)
        ) as returned_amount,
        count(*) filter (where {{ is_undone_at('orders', 'canceled', 'canceled_at', 'snapshots.known_before') }}) as canceled_order_count
    from orders
    inner join snapshots on orders.ordered_at < snapshots.known_before
    where orders.status in ('returned', 'canceled')
    group by orders.customer_id, snapshots.snapshot_on
),

members as (
    select
        orders.customer_id,
        snapshots.snapshot_on
    from orders
    inner join snapshots on least(orders.ordered_at, orders.delivered_at) < snapshots.known_before
    group by orders.customer_id, snapshots.snapshot_on
),

final as (
    select
        members.customer_id,
        members.snapshot_on,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.order_count_30_days, 0) as order_count_30_days,
        coalesce(sales.revenue_amount, 0) as revenue_amount,
        coalesce(sales.recent_revenue_amount, 0) as recent_revenue_amount,
        coalesce(sales.order_day_count, 0) as order_day_count,
        sales.first_ordered_on,
        sales.last_ordered_on,
        {{ days_between('sales.last_ordered_on', 'members.snapshot_on') }} as recency_days,
        coalesce(sales.order_day_count - 1, 0) as gap_count,
        {{ rate(days_between('sales.first_ordered_on', 'sales.last_ordered_on'), 'sales.order_day_count - 1') }} as mean_gap_days,
        own_gaps.own_gap_limit_days,
        coalesce(undone.returned_order_count, 0) as returned_order_count,
        coalesce(undone.returned_amount, 0) as returned_amount,
        coalesce(undone.canceled_order_count, 0) as canceled_order_count,
        coalesce(deliveries.delivered_order_count, 0) as delivered_order_count,
        coalesce(deliveries.late_order_count, 0) as late_order_count,
        {{ rate('deliveries.late_order_count', 'deliveries.promised_order_count') }} as late_rate,
        deliveries.mean_delivery_days
    from members
    left join sales on members.customer_id = sales.customer_id and members.snapshot_on = sales.snapshot_on
    left join own_gaps on members.customer_id = own_gaps.customer_id and members.snapshot_on = own_gaps.snapshot_on
    left join undone on members.customer_id = undone.customer_id and members.snapshot_on = undone.snapshot_on
    left join deliveries on members.customer_id = deliveries.customer_id and members.snapshot_on = deliveries.snapshot_on
)

select * from final
