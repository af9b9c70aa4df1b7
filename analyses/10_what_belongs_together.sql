-- Question: which products are bought together more often than by chance, so that a bundle makes sense?
-- How to read it: lift is how many times more often than by chance; shrunk_lift believes it only as far as the number of
-- orders allows, and orders the answer. confidence_rate: the share of the first product's orders that have the second.
select
    products.product_name,
    paired_products.product_name as paired_product_name,
    product_affinity.pair_order_count,
    round(product_affinity.lift, 2) as lift,
    round(product_affinity.shrunk_lift, 2) as shrunk_lift,
    round(product_affinity.confidence_rate, 4) as confidence_rate
from marts.product_affinity
inner join marts.dim_products as products on product_affinity.product_id = products.product_id
inner join marts.dim_products as paired_products on product_affinity.paired_product_id = paired_products.product_id
where product_affinity.product_id < product_affinity.paired_product_id
order by
    product_affinity.shrunk_lift desc nulls last,
    product_affinity.product_id asc nulls last,
    product_affinity.paired_product_id asc nulls last
limit 20;
