-- Products to look from: those with opportunities, most shoppers first, then those bought together with others, most baskets first.
with shopped as (
    select
        anchor_product_id as product_id,
        max(anchor_product_name) as product_name,
        max(anchor_customer_count) as shopper_count
    from marts.cross_sell_opportunities
    where customer_group = 'all'
    group by anchor_product_id
),

paired as (
    select
        product_id,
        max(product_order_count) as basket_count
    from marts.product_affinity
    group by product_id
),

anchors as (
    select
        coalesce(shopped.product_id, paired.product_id) as product_id,
        shopped.product_name,
        shopped.shopper_count,
        paired.basket_count
    from shopped
    full outer join paired on shopped.product_id = paired.product_id
)

select
    anchors.product_id,
    coalesce(anchors.product_name, products.product_name) as product_name,
    anchors.shopper_count,
    anchors.basket_count,
    count(*) over () as anchor_count
from anchors
left join marts.dim_products as products on anchors.product_id = products.product_id
order by anchors.shopper_count desc nulls last, anchors.basket_count desc nulls last, anchors.product_id asc
limit 200
