-- Products or categories ($kind) with the most revenue, over all the data, and how many there are. Service lines (postage, fees) are
-- left out; only the shoppers and orders of a category still count them.
with products as (
    select performance.*
    from marts.product_performance as performance
    left join marts.dim_products as catalogue on performance.product_id = catalogue.product_id
    where catalogue.is_service_line is not true
),

category_sums as (
    select
        coalesce(category, 'unknown') as category,
        sum(quantity)::bigint as quantity,
        sum(revenue_amount) as revenue_amount,
        sum(margin_amount) as margin_amount,
        sum(returned_amount) as returned_amount
    from products
    where $kind = 'category'
    group by all
),

totals as (
    select sum(revenue_amount) as revenue_amount
    from marts.category_performance
),

items as (
    select
        product_id as item,
        product_name as item_name,
        category,
        viewer_count,
        adder_count,
        order_count,
        buyer_count,
        quantity,
        revenue_amount,
        margin_amount,
        returned_amount,
        revenue_share_rate
    from products
    where $kind = 'product'
    union all
    select
        categories.category as item,
        categories.category as item_name,
        categories.category,
        categories.viewer_count,
        categories.adder_count,
        categories.order_count,
        categories.buyer_count,
        sums.quantity,
        sums.revenue_amount,
        sums.margin_amount,
        sums.returned_amount,
        sums.revenue_amount / nullif((select totals.revenue_amount from totals), 0) as revenue_share_rate
    from marts.category_performance as categories
    inner join category_sums as sums on categories.category = sums.category
)

select
    item,
    item_name,
    category,
    viewer_count,
    adder_count,
    order_count,
    buyer_count,
    quantity,
    revenue_amount,
    margin_amount,
    returned_amount,
    revenue_share_rate,
    count(*) over () as item_count
from items
order by revenue_amount desc nulls last, item asc
limit 200
