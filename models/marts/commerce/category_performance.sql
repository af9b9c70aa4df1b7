-- Every category from view to return. Grain: one row per category of dim_products; 'unknown' for
-- products without one. Shoppers and orders are counted once per category, whatever number of its
-- products they touched; the other measures are the sums over its products. margin_amount covers
-- the products whose cost is known, NULL when none is.
with

products as (
    select
        *,
        coalesce(category, 'unknown') as known_category
    from {{ ref('product_performance') }}
),

shopper_products as (
    select * from {{ ref('int_shopper_products_counted') }}
),

order_items as (
    select * from {{ ref('fct_order_items') }}
),

product_totals as (
    select
        known_category,
        count(*) as product_count,
        cast(sum(quantity) as bigint) as quantity,
        cast(sum(revenue_amount) as decimal(18, 4)) as revenue_amount,
        cast(sum(margin_amount) as decimal(18, 4)) as margin_amount,
        cast(sum(returned_quantity) as bigint) as returned_quantity,
        cast(sum(returned_amount) as decimal(18, 4)) as returned_amount
    from products
    group by known_category
),

shopper_categories as (
    select
        products.known_category,
        shopper_products.shopper_id,
        sum(shopper_products.view_count) as view_count,
        sum(shopper_products.add_to_cart_count) as add_to_cart_count,
        sum(shopper_products.order_count) as order_count
    from shopper_products
    inner join products on shopper_products.product_id = products.product_id
    group by products.known_category, shopper_products.shopper_id
),

shopper_totals as (
    select
        known_category,
        {{ shopper_measures() }}
    from shopper_categories
    group by known_category
),

order_totals as (
    select
        products.known_category,
        count(distinct order_items.order_id) as order_count
    from order_items
    inner join products on order_items.product_id = products.product_id
    where
        order_items.is_counted
        and order_items.quantity > 0
    group by products.known_category
),

final as (
    select
        product_totals.known_category as category,
        product_totals.product_count,
        coalesce(shopper_totals.view_count, 0) as view_count,
        coalesce(shopper_totals.viewer_count, 0) as viewer_count,
        coalesce(shopper_totals.add_to_cart_count, 0) as add_to_cart_count,
        coalesce(shopper_totals.adder_count, 0) as adder_count,
        coalesce(order_totals.order_count, 0) as order_count,
        coalesce(shopper_totals.buyer_count, 0) as buyer_count,
        product_totals.quantity,
        product_totals.revenue_amount,
        product_totals.margin_amount,
        product_totals.returned_quantity,
        product_totals.returned_amount,
        {{ rate('shopper_totals.viewing_adder_count', 'shopper_totals.viewer_count') }}
            as view_to_cart_rate,
        {{ wilson_bound('shopper_totals.viewing_adder_count', 'shopper_totals.viewer_count', 'low') }}
            as view_to_cart_rate_low,
        {{ wilson_bound('shopper_totals.viewing_adder_count', 'shopper_totals.viewer_count', 'high') }}
            as view_to_cart_rate_high,
        {{ rate('shopper_totals.buying_adder_count', 'shopper_totals.adder_count') }}
            as cart_to_order_rate,
        {{ wilson_bound('shopper_totals.buying_adder_count', 'shopper_totals.adder_count', 'low') }}
            as cart_to_order_rate_low,
        {{ wilson_bound('shopper_totals.buying_adder_count', 'shopper_totals.adder_count', 'high') }}
            as cart_to_order_rate_high,
        {{ rate('product_totals.revenue_amount', 'sum(product_totals.revenue_amount) over ()') }}
            as revenue_share_rate,
        cast(rank() over (order by product_totals.revenue_amount desc nulls last) as bigint)
            as revenue_rank
    from product_totals
    left join shopper_totals on product_totals.known_category = shopper_totals.known_category
    left join order_totals on product_totals.known_category = order_totals.known_category
)

select * from final
