{%- set anchor_product_id = "'" ~ var('question_anchor') | replace("'", "''") ~ "'" -%}
-- What those who put one product into the cart view and never take. Grain: one row per product_id.
with

events as {{ not_materialized() }} (
    select
        {{ shopper_id('customer_id', 'visitor_id') }} as shopper_id,
        product_id,
        event_type
    from {{ question_files('events') }}
    where
        event_type in ('product_view', 'add_to_cart')
        and product_id is not null
),

orders as (
    select
        order_id,
        customer_id
    from {{ question_files('orders') }}
    where {{ is_counted_order('status') }}
),

order_items as (
    select * from {{ question_files('order_items') }}
),

anchored as (
    select
        shopper_id,
        count(*) as add_to_cart_count,
        0 as order_count
    from events
    where
        event_type = 'add_to_cart'
        and product_id = {{ anchor_product_id }}
    group by shopper_id
),

anchor_shoppers as (
    select shopper_id from anchored
    where {{ is_anchored('add_to_cart_count', 'order_count') }}
),

deeds as (
    select
        shopper_id,
        product_id,
        case when event_type = 'product_view' then 1 end as viewed,
        case when event_type = 'add_to_cart' then 1 end as added,
        cast(null as integer) as ordered
    from events
    where shopper_id in (select anchor_shoppers.shopper_id from anchor_shoppers)
    union all
    select
        orders.customer_id as shopper_id,
        order_items.product_id,
        cast(null as integer) as viewed,
        cast(null as integer) as added,
        1 as ordered
    from order_items
    inner join orders on order_items.order_id = orders.order_id
    where orders.customer_id in (select anchor_shoppers.shopper_id from anchor_shoppers)
),

shopper_products as (
    select
        shopper_id,
        product_id,
        count(viewed) as view_count,
        count(added) as add_to_cart_count,
        count(ordered) as order_count
    from deeds
    group by shopper_id, product_id
),

final as (
    select
        product_id,
        count(*) as viewers,
        cast(sum(view_count) as bigint) as views
    from shopper_products
    where
        view_count > 0
        and not {{ is_taken('add_to_cart_count', 'order_count') }}
        and product_id <> {{ anchor_product_id }}
    group by product_id
)

select * from final
