-- Olist's orders as the orders entity. Its customer_id is one per order: the person comes from the customers file, and where
-- that has no row for it the order's own number stands for somebody who has not landed.
with

orders as (
    select * from {{ ref('stg_olist__orders') }}
),

people as (
    select
        order_customer_id,
        min(customer_id) as customer_id
    from {{ ref('stg_olist__customers') }}
    where _rejection_reasons = ''
    group by order_customer_id
),

final as (
    select
        orders.order_id,
        coalesce(people.customer_id, orders.order_customer_id) as customer_id,
        orders.ordered_at,
        orders.status,
        cast(null as timestamp) as canceled_at,
        cast(null as timestamp) as returned_at,
        'BRL' as currency,
        cast(null as decimal(18, 4)) as item_amount,
        cast(null as decimal(18, 4)) as shipping_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        cast(null as decimal(18, 4)) as order_amount,
        orders.delivered_at,
        orders.estimated_delivery_on,
        cast(null as timestamp) as updated_at,
        cast('orders' as {{ dbt.type_string() }}) as _source_table,
        orders._source_file,
        orders._landed_on,
        orders._rejection_reasons,
        orders._raw_row
    from orders
    left join people on orders.order_customer_id = people.order_customer_id
)

select * from final
