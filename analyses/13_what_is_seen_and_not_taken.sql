-- Question: which products do many shoppers look at and few put into the cart?
-- How to read it: the rate is over shoppers, not views. category_rate is that of the product's whole category: far below it
-- points at the product (price, pictures, stock), not at the kind of goods. Products with at least 50 viewers.
select
    products.product_id,
    products.product_name,
    products.category,
    products.viewer_count,
    products.adder_count,
    round(products.view_to_cart_rate, 4) as view_to_cart_rate,
    round(categories.view_to_cart_rate, 4) as category_rate
from marts.product_performance as products
inner join marts.category_performance as categories on coalesce(products.category, 'unknown') = categories.category
where products.viewer_count >= 50
order by products.view_to_cart_rate asc nulls last, products.viewer_count desc nulls last, products.product_id asc nulls last
limit 20;
