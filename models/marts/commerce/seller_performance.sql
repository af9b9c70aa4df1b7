-- What each seller sold, how fast it arrived and how it was liked. Grain: one row per seller_id,
-- landed or only named by a line (then city and region are NULL). A source without sellers gives no
-- rows. Sales are lines of counted orders with pieces > 0. An order counts once for each of its
-- sellers, and so do its delivery and its reviews. Late: delivered after the promised day; without
-- a promise an order is never late.
with

sellers as (
    select * from {{ ref('int_sellers_deduplicated') }}
),

order_items as (
    select * from {{ ref('fct_order_items') }}
    where seller_id is not null
),

orders as (
    select * from {{ ref('fct_orders') }}
),

review_totals as (
    {{ reviews_per_order() }}
),

members as (
    select seller_id from sellers
    union
    select seller_id from order_items
),

sold_items as (
    select *
    from order_items
    where
        is_counted
        and quantity > 0
),

sales as (
    select
        seller_id,
        count(distinct product_id) as product_count,
        count(distinct customer_id) as customer_count,
        cast(sum(quantity) as bigint) as quantity,
        cast(sum(amount) as decimal(18, 4)) as revenue_amount,
        cast(sum(shipping_amount) as decimal(18, 4)) as shipping_amount
    from sold_items
    group by seller_id
),

seller_orders as (
    select distinct
        seller_id,
        order_id
    from sold_items
),

order_totals as (
    select
        seller_orders.seller_id,
        count(*) as order_count,
        count(orders.delivered_at) as delivered_order_count,
        count(orders.delay_days) as promised_order_count,
        count(*) filter (where orders.delay_days > 0) as late_order_count,
        {{ mean_days('orders.ordered_at', 'orders.delivered_at') }} as mean_delivery_days,
        sum(review_totals.score_sum) as score_sum,
        sum(review_totals.review_count) as review_count
    from seller_orders
    inner join orders on seller_orders.order_id = orders.order_id
    left join review_totals on seller_orders.order_id = review_totals.order_id
    group by seller_orders.seller_id
),

final as (
    select
        members.seller_id,
        sellers.city,
        sellers.region,
        coalesce(order_totals.order_count, 0) as order_count,
        coalesce(sales.product_count, 0) as product_count,
        coalesce(sales.customer_count, 0) as customer_count,
        coalesce(sales.quantity, 0) as quantity,
        coalesce(sales.revenue_amount, 0) as revenue_amount,
        coalesce(sales.shipping_amount, 0) as shipping_amount,
        coalesce(order_totals.delivered_order_count, 0) as delivered_order_count,
        coalesce(order_totals.promised_order_count, 0) as promised_order_count,
        coalesce(order_totals.late_order_count, 0) as late_order_count,
        {{ rate('order_totals.late_order_count', 'order_totals.promised_order_count') }}
            as late_rate,
        order_totals.mean_delivery_days,
        {{ rate('order_totals.score_sum', 'order_totals.review_count') }} as mean_review_score,
        cast(coalesce(order_totals.review_count, 0) as bigint) as review_count
    from members
    left join sellers on members.seller_id = sellers.seller_id
    left join sales on members.seller_id = sales.seller_id
    left join order_totals on members.seller_id = order_totals.seller_id
)

select * from final
