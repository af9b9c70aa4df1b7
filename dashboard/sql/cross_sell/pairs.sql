-- The pairs that are bought together most often above chance, each once.
with totals as (
    select coalesce(sum(row_count), 0) // 2 as pair_count
    from serving.table_counts
    where table_name = 'product_affinity'
),

ranked as (
    select
        product_id,
        paired_product_id,
        pair_order_count,
        basket_count,
        support_rate,
        lift,
        shrunk_lift,
        leverage
    from marts.product_affinity
    where product_id < paired_product_id
    order by leverage desc, product_id asc, paired_product_id asc
    limit 300
)

select
    ranked.product_id,
    ranked.paired_product_id,
    names.product_name,
    paired_names.product_name as paired_product_name,
    ranked.pair_order_count,
    ranked.support_rate,
    ranked.lift,
    ranked.shrunk_lift,
    ranked.basket_count,
    (select pair_count from totals) as pair_count
from ranked
left join marts.dim_products as names on ranked.product_id = names.product_id
left join marts.dim_products as paired_names on ranked.paired_product_id = paired_names.product_id
order by ranked.leverage desc, ranked.product_id asc, ranked.paired_product_id asc
