-- Orders with what was in them, how they were paid, delivered and reviewed. Grain: one row per order_id.
{{ config(materialized='incremental', meta={'scope': [order_scope(), shopper_scope('customer_id')]}) }}

with

-- Which of a customer's orders is the first is asked of all of them.
orders as (
    select * from {{ ref('int_orders_completed') }} as orders
    where
        {{ of_touched_orders('orders.order_id') }}
        or {{ of_touched_customers('orders.customer_id') }}
),

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }}
    where order_id in (select orders.order_id from orders)
),

payments as (
    select * from {{ ref('int_payments_deduplicated') }}
    where order_id in (select orders.order_id from orders)
),

reviews as (
    select * from {{ ref('int_reviews_deduplicated') }}
    where order_id in (select orders.order_id from orders)
),

item_totals as (
    select
        order_id,
        count(*) as item_count,
        count(distinct product_id) as product_count,
        cast(sum(quantity) as bigint) as quantity
    from order_items
    group by order_id
),

payment_totals as (
    select
        order_id,
        cast(sum(amount) as decimal(18, 4)) as approved_payment_amount,
        count(*) as approved_payment_count
    from payments
    where result = 'approved'
    group by order_id
),

review_totals as (
    select
        order_id,
        cast(sum(score) as double) / count(score) as review_score,
        count(*) as review_count
    from reviews
    group by order_id
),

-- A customer's first sale: orders at the same instant are told apart by id.
first_orders as (
    select order_id
    from orders
    where
        is_counted
        and customer_id is not null
        and ordered_at is not null
    qualify row_number() over (partition by customer_id order by ordered_at nulls last, order_id nulls last) = 1
),

final as (
    select
        orders.order_id,
        orders.customer_id,
        orders.ordered_at,
        cast(orders.ordered_at as date) as ordered_on,
        orders.status,
        orders.canceled_at,
        orders.returned_at,
        orders.currency,
        orders.item_amount,
        orders.shipping_amount,
        orders.discount_amount,
        orders.order_amount,
        orders.delivered_at,
        orders.estimated_delivery_on,
        {{ seconds_between('orders.ordered_at', 'orders.delivered_at') }} / 86400.0 as delivery_days,
        {{ days_between('orders.estimated_delivery_on', 'cast(orders.delivered_at as date)') }} as delay_days,
        coalesce(item_totals.item_count, 0) as item_count,
        coalesce(item_totals.product_count, 0) as product_count,
        coalesce(item_totals.quantity, 0) as quantity,
        coalesce(payment_totals.approved_payment_amount, 0) as approved_payment_amount,
        coalesce(payment_totals.approved_payment_count, 0) as approved_payment_count,
        review_totals.review_score,
        coalesce(review_totals.review_count, 0) as review_count,
        orders.is_counted,
        first_orders.order_id is not null as is_first_order,
        orders.is_inferred
    from orders
    left join item_totals on orders.order_id = item_totals.order_id
    left join payment_totals on orders.order_id = payment_totals.order_id
    left join review_totals on orders.order_id = review_totals.order_id
    left join first_orders on orders.order_id = first_orders.order_id
)

select * from final
