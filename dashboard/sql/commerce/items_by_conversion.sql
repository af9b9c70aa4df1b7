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
        case when $rate = 'order' then cart_to_order_rate else view_to_cart_rate end as conversion_rate
    from products
    where $kind = 'product'
    union all
    select
        category as item,
        category as item_name,
        case when $rate = 'order' then adder_count else viewer_count end as trial_count,
        case when $rate = 'order' then cart_to_order_rate else view_to_cart_rate end as conversion_rate
    from marts.category_performance
    where
        $kind = 'category'
        and category in (select coalesce(products.category, 'unknown') from products)
),

middles as (
    select
        *,
        conversion_rate + 3.841458820694124 / (2 * trial_count) as middle,
        1.959963984540054 * sqrt(
            conversion_rate * (1 - conversion_rate) / trial_count + 3.841458820694124 / (4.0 * trial_count * trial_count)
        ) as half_width,
        1 + 3.841458820694124 / trial_count as scale
    from items
    where trial_count >= 30 and conversion_rate is not null
)

select
    item,
    item_name,
    trial_count,
    conversion_rate,
    greatest((middle - half_width) / scale, 0) as conversion_rate_low,
    least((middle + half_width) / scale, 1) as conversion_rate_high,
    count(*) over () as item_count
from middles
order by conversion_rate_low desc, item asc
limit 200
