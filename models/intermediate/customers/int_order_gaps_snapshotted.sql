-- How long customers waited between order days, as each snapshot knew it. Grain: one row per customer_id, snapshot_on and order day
-- that has one before it. An order that was undone later is among the order days until then, so the gaps around it change.
{{ config(materialized='incremental', meta={'scope': snapshot_scope()}) }}

with

snapshots as (
    select
        snapshot_on,
        {{ snapshot_moment('snapshot_on') }} as known_before
    from {{ ref('int_snapshot_dates') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
    where
        customer_id is not null
        and counted_from is not null
),

-- Nobody with a single order has a gap, and most customers have a single order.
repeaters as (
    select customer_id
    from orders
    group by customer_id
    having count(*) > 1
),

order_days as (
    select distinct
        orders.customer_id,
        snapshots.snapshot_on,
        cast(orders.ordered_at as date) as ordered_on
    from orders
    inner join repeaters on orders.customer_id = repeaters.customer_id
    inner join snapshots on {{ is_counted_at('orders', 'snapshots.known_before') }}
    where {{ of_changed_snapshots('orders.customer_id', 'snapshots.snapshot_on') }}
),

with_day_before as (
    select
        *,
        lag(ordered_on) over (
            partition by customer_id, snapshot_on order by ordered_on nulls last
        ) as previous_ordered_on
    from order_days
),

final as (
    select
        customer_id,
        snapshot_on,
        ordered_on,
        {{ days_between('previous_ordered_on', 'ordered_on') }} as gap_days
    from with_day_before
    where previous_ordered_on is not null
)

select * from final
