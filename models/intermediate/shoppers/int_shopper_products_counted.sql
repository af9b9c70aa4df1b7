-- What each shopper did with each product, counted once for all who ask. Grain: one row per
-- shopper_id and product_id. A shopper is the customer behind the device at that moment, else the
-- device. Events without a product are left out. order_count is the shopper's counted orders with
-- the product (pieces > 0); a guest's order has no shopper.
{{ config(materialized='incremental', meta={'scope': shopper_scope('shopper_id')}) }}

with

events as (
    select * from {{ ref('int_events_sessionized') }} as events
    where
        event_type in ('product_view', 'add_to_cart')
        and product_id is not null
        and {{ of_devices_of_touched_shoppers('events.visitor_id') }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }} as orders
    where
        is_counted
        and customer_id is not null
        and {{ of_touched_customers('orders.customer_id') }}
),

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }}
    where quantity > 0
),

looked_at as (
    select
        {{ shopper_id('visitors.customer_id', 'events.visitor_id') }} as shopper_id,
        events.product_id,
        count(*) filter (where events.event_type = 'product_view') as view_count,
        count(*) filter (where events.event_type = 'add_to_cart') as add_to_cart_count
    from events
    {{ join_owner('events', 'event_at') }}
    where {{ of_touched_customers(shopper_id('visitors.customer_id', 'events.visitor_id')) }}
    group by 1, 2
),

bought as (
    select
        orders.customer_id as shopper_id,
        order_items.product_id,
        count(distinct orders.order_id) as order_count
    from order_items
    inner join orders on order_items.order_id = orders.order_id
    group by orders.customer_id, order_items.product_id
),

final as (
    select
        coalesce(looked_at.shopper_id, bought.shopper_id) as shopper_id,
        coalesce(looked_at.product_id, bought.product_id) as product_id,
        coalesce(looked_at.view_count, 0) as view_count,
        coalesce(looked_at.add_to_cart_count, 0) as add_to_cart_count,
        coalesce(bought.order_count, 0) as order_count
    from looked_at
    full join bought
        on
            looked_at.shopper_id = bought.shopper_id
            and looked_at.product_id = bought.product_id
    where coalesce(looked_at.shopper_id, bought.shopper_id) is not null
)

select * from final
