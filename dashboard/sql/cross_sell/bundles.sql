-- Pairs worth a bundle, the most margin at stake first.
with totals as (
    select coalesce(sum(row_count), 0) as bundle_count
    from serving.table_counts
    where table_name = 'bundle_recommendations'
)

select
    bundle_rank,
    product_id,
    product_name,
    paired_product_id,
    paired_product_name,
    pair_order_count,
    shrunk_lift,
    bundle_price_amount,
    bundle_margin_amount,
    only_first_customer_count,
    only_second_customer_count,
    margin_at_stake_amount,
    (select bundle_count from totals) as bundle_count
from marts.bundle_recommendations
order by bundle_rank, product_id, paired_product_id
limit 200
