-- The categories that an order has lines of. Grain: one row per order_id and category; a product without one is 'unknown'.
{{ config(materialized='incremental', meta={'scope': order_scope()}) }}

with

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }} as order_items
    where {{ of_touched_orders('order_items.order_id') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

final as (
    select distinct
        order_items.order_id,
        coalesce(products.category, 'unknown') as category
    from order_items
    inner join products on order_items.product_id = products.product_id
)

select * from final
