-- Every product from view to return. Grain: one row per product_id of dim_products, sold or not.
-- Shoppers are customers, or devices while nobody is known; a guest's order counts as an order and
-- has no buyer. Sales are lines of counted orders with pieces > 0; returns are lines of returned
-- orders, or with pieces < 0 in counted ones, as positive numbers (stock corrections are neither).
-- margin_amount is NULL without a unit cost; rates are NULL where nobody viewed or added.
with

products as (
    select * from {{ ref('dim_products') }}
),

shopper_products as (
    select * from {{ ref('int_shopper_products_counted') }}
),

order_items as (
    select * from {{ ref('fct_order_items') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

shopper_totals as (
    select
        product_id,
        {{ shopper_measures() }}
    from shopper_products
    group by product_id
),

sales as (
    select
        product_id,
        count(distinct order_id) as order_count,
        cast(sum(quantity) as bigint) as quantity,
        cast(sum(amount) as decimal(18, 4)) as revenue_amount
    from order_items
    where
        is_counted
        and quantity > 0
    group by product_id
),

returns as (
    select
        order_items.product_id,
        cast(sum(abs(order_items.quantity)) as bigint) as returned_quantity,
        cast(sum(abs(order_items.amount)) as decimal(18, 4)) as returned_amount
    from order_items
    inner join orders on order_items.order_id = orders.order_id
    where
        orders.status = 'returned'
        or (order_items.quantity < 0 and order_items.is_counted)
    group by order_items.product_id
),

joined as (
    select
        products.product_id,
        products.product_name,
        products.category,
        products.unit_cost,
        coalesce(shopper_totals.view_count, 0) as view_count,
        coalesce(shopper_totals.viewer_count, 0) as viewer_count,
        coalesce(shopper_totals.add_to_cart_count, 0) as add_to_cart_count,
        coalesce(shopper_totals.adder_count, 0) as adder_count,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(shopper_totals.buyer_count, 0) as buyer_count,
        coalesce(sales.quantity, 0) as quantity,
        coalesce(sales.revenue_amount, 0) as revenue_amount,
        coalesce(returns.returned_quantity, 0) as returned_quantity,
        coalesce(returns.returned_amount, 0) as returned_amount,
        shopper_totals.viewing_adder_count,
        shopper_totals.buying_adder_count
    from products
    left join shopper_totals on products.product_id = shopper_totals.product_id
    left join sales on products.product_id = sales.product_id
    left join returns on products.product_id = returns.product_id
),

final as (
    select
        product_id,
        product_name,
        category,
        view_count,
        viewer_count,
        add_to_cart_count,
        adder_count,
        order_count,
        buyer_count,
        quantity,
        revenue_amount,
        try_cast(revenue_amount - quantity * unit_cost as decimal(18, 4)) as margin_amount,
        returned_quantity,
        returned_amount,
        {{ rate('viewing_adder_count', 'viewer_count') }} as view_to_cart_rate,
        {{ wilson_bound('viewing_adder_count', 'viewer_count', 'low') }} as view_to_cart_rate_low,
        {{ wilson_bound('viewing_adder_count', 'viewer_count', 'high') }} as view_to_cart_rate_high,
        {{ rate('buying_adder_count', 'adder_count') }} as cart_to_order_rate,
        {{ wilson_bound('buying_adder_count', 'adder_count', 'low') }} as cart_to_order_rate_low,
        {{ wilson_bound('buying_adder_count', 'adder_count', 'high') }} as cart_to_order_rate_high,
        {{ rate('revenue_amount', 'sum(revenue_amount) over ()') }} as revenue_share_rate,
        cast(rank() over (order by revenue_amount desc nulls last) as bigint) as revenue_rank
    from joined
)

select * from final
