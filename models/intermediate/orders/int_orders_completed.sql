-- Orders with the amounts that their source leaves to the lines, and inferred ones. Grain: one row per order_id.
-- An order that a line, a review or an approved payment names and whose own row has not landed is an inferred member:
-- status 'unknown', no date, never counted. A failed attempt alone makes no order: its reference was never one.
{{ config(materialized='incremental', meta={'scope': order_scope()}) }}

with

orders as (
    select * from {{ ref('int_orders_deduplicated') }} as orders
    where {{ of_touched_orders('orders.order_id') }}
),

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }} as order_items
    where {{ of_touched_orders('order_items.order_id') }}
),

item_totals as (
    select
        order_id,
        cast(sum(amount) as decimal(18, 4)) as item_amount,
        cast(sum(shipping_amount) as decimal(18, 4)) as shipping_amount
    from order_items
    group by order_id
),

referred_to as (
    select order_id from order_items
    union
    select order_id from {{ ref('int_reviews_deduplicated') }}
    union
    select order_id from {{ ref('int_payments_deduplicated') }}
    where result = 'approved'
),

members as (
    select
        order_id,
        customer_id,
        ordered_at,
        status,
        canceled_at,
        returned_at,
        currency,
        item_amount,
        shipping_amount,
        discount_amount,
        order_amount,
        delivered_at,
        estimated_delivery_on,
        false as is_inferred
    from orders

    union all

    select
        order_id,
        cast(null as {{ dbt.type_string() }}) as customer_id,
        cast(null as timestamp) as ordered_at,
        'unknown' as status,
        cast(null as timestamp) as canceled_at,
        cast(null as timestamp) as returned_at,
        cast(null as {{ dbt.type_string() }}) as currency,
        cast(null as decimal(18, 4)) as item_amount,
        cast(null as decimal(18, 4)) as shipping_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        cast(null as decimal(18, 4)) as order_amount,
        cast(null as timestamp) as delivered_at,
        cast(null as date) as estimated_delivery_on,
        true as is_inferred
    from referred_to
    where
        order_id is not null
        and {{ of_touched_orders('referred_to.order_id') }}
        and not exists (
            select 1
            from orders
            where orders.order_id = referred_to.order_id
        )
),

with_amounts as (
    select
        members.order_id,
        members.customer_id,
        members.ordered_at,
        members.status,
        members.canceled_at,
        members.returned_at,
        members.currency,
        coalesce(members.item_amount, item_totals.item_amount) as item_amount,
        coalesce(members.shipping_amount, item_totals.shipping_amount) as shipping_amount,
        members.discount_amount,
        members.order_amount,
        members.delivered_at,
        members.estimated_delivery_on,
        members.is_inferred
    from members
    left join item_totals on members.order_id = item_totals.order_id
),

dated as (
    select
        order_id,
        customer_id,
        ordered_at,
        status,
        canceled_at,
        returned_at,
        currency,
        item_amount,
        shipping_amount,
        discount_amount,
        coalesce(
            order_amount,
            cast(item_amount + coalesce(shipping_amount, 0) - coalesce(discount_amount, 0) as decimal(18, 4))
        ) as order_amount,
        delivered_at,
        estimated_delivery_on,
        is_inferred,
        {{ counted_from('status', 'ordered_at', 'canceled_at', 'returned_at') }} as counted_from,
        {{ counted_until('status', 'canceled_at', 'returned_at') }} as counted_until
    from with_amounts
),

final as (
    select
        *,
        coalesce({{ is_counted_at('dated', as_of_moment()) }}, false) as is_counted
    from dated
)

select * from final
