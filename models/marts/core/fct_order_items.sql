-- Lines of orders. Grain: one row per order_item_id. A line of a guest's order has no customer and still counts for its product.
{{ config(materialized='incremental', meta={'scope': order_scope()}) }}

with

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }} as order_items
    where {{ of_touched_orders('order_items.order_id') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

final as (
    select
        order_items.order_item_id,
        order_items.order_id,
        order_items.product_id,
        order_items.seller_id,
        orders.customer_id,
        orders.ordered_at,
        order_items.quantity,
        order_items.unit_price,
        order_items.amount,
        order_items.shipping_amount,
        orders.is_counted,
        order_items.quantity < 0 as is_return,
        products.is_service_line
    from order_items
    inner join orders on order_items.order_id = orders.order_id
    inner join products on order_items.product_id = products.product_id
)

select * from final
