-- Lifts between the products that are in most baskets; a pair with too few baskets has none.
with products as (
    select
        product_id,
        max(product_order_count) as order_count
    from marts.product_affinity
    group by product_id
    order by order_count desc, product_id asc
    limit 12
)

select
    products.product_id,
    products.order_count,
    names.product_name,
    pairs.paired_product_id,
    pairs.pair_order_count,
    pairs.lift,
    pairs.shrunk_lift
from products
left join marts.dim_products as names on products.product_id = names.product_id
left join marts.product_affinity as pairs
    on
        products.product_id = pairs.product_id
        and pairs.paired_product_id in (select others.product_id from products as others)
order by products.order_count desc, products.product_id asc, pairs.paired_product_id asc
