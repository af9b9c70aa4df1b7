-- Products or categories ($kind) by the share of their viewers who add them to the cart, or ($rate = order) of the adders who buy them.
-- Ranked by the lower end of the 95 % Wilson interval; 30 viewers or adders at least. Service lines (postage, fees) are left out.
with products as (
    select performance.*
    from marts.product_performance as performance
    left join marts.dim_products as catalogue on performance.product_id = catalogue.product_id
    where catalogue.is_service_line is not true
),

items as (
    select
        product_id as item,
        product_name as item_name,
        case when $rate = 'order' then adder_count else viewer_count end as trial_count,
        case when $rate = 'order' then cart_to_order_rate else view_to_cart_rate end as conversion_rate,
        case when $rate = 'order' then cart_to_order_rate_low else view_to_cart_rate_low end as conversion_rate_low,
        case when $rate = 'order' then cart_to_order_rate_high else view_to_cart_rate_high end as conversion_rate_high
    from products
    where $kind = 'product'
    union all
    select
        category as item,
        category as item_name,
        case when $rate = 'order' then adder_count else viewer_count end as trial_count,
        case when $rate = 'order' then cart_to_order_rate else view_to_cart_rate end as conversion_rate,
        case when $rate = 'order' then cart_to_order_rate_low else view_to_cart_rate_low end as conversion_rate_low,
        case when $rate = 'order' then cart_to_order_rate_high else view_to_cart_rate_high end as conversion_rate_high
    from marts.category_performance
    where
        $kind = 'category'
        and category in (select coalesce(products.category, 'unknown') from products)
)

select
    item,
    item_name,
    trial_count,
    conversion_rate,
    conversion_rate_low,
    conversion_rate_high,
    count(*) over () as item_count
from items
where trial_count >= 30 and conversion_rate is not null
order by conversion_rate_low desc nulls last, item asc
limit 200
