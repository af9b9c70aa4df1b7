-- What is bought together with a product, the closest first.
select
    pairs.paired_product_id as product_id,
    products.product_name,
    products.category,
    pairs.pair_order_count,
    pairs.product_order_count,
    pairs.paired_order_count,
    pairs.confidence_rate,
    pairs.lift,
    pairs.shrunk_lift
from marts.product_affinity as pairs
left join marts.dim_products as products on pairs.paired_product_id = products.product_id
where pairs.product_id = $anchor
order by pairs.shrunk_lift desc, pairs.pair_order_count desc, pairs.paired_product_id asc
limit 200
