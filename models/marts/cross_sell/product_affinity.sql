-- Which products are bought together more often than by chance. Grain: one row per product_id and
-- paired_product_id, in both directions. Baskets are counted orders with at least one line of a
-- product (no service line, pieces > 0). Pairs in fewer than affinity_min_pair_count baskets are
-- left out. conviction is NULL where confidence is 1.
with

order_items as (
    select * from {{ ref('fct_order_items') }}
    where
        is_counted
        and is_service_line is not true
        and quantity > 0
),

basket_products as (
    select distinct
        order_id,
        product_id
    from order_items
),

totals as (
    select count(distinct order_id) as basket_count
    from basket_products
),

-- A pair cannot be more frequent than the rarer of its products.
frequent_products as (
    select
        product_id,
        count(*) as product_order_count
    from basket_products
    group by product_id
    having count(*) >= {{ var('affinity_min_pair_count') | int }}
),

frequent_basket_products as (
    select basket_products.*
    from basket_products
    inner join frequent_products on basket_products.product_id = frequent_products.product_id
),

one_way_pairs as (
    select
        basket_products.product_id,
        paired_products.product_id as paired_product_id,
        count(*) as pair_order_count
    from frequent_basket_products as basket_products
    inner join frequent_basket_products as paired_products
        on
            basket_products.order_id = paired_products.order_id
            and basket_products.product_id < paired_products.product_id
    group by basket_products.product_id, paired_products.product_id
    having count(*) >= {{ var('affinity_min_pair_count') | int }}
),

pairs as (
    select
        product_id,
        paired_product_id,
        pair_order_count
    from one_way_pairs

    union all

    select
        paired_product_id as product_id,
        product_id as paired_product_id,
        pair_order_count
    from one_way_pairs
),

with_counts as (
    select
        pairs.product_id,
        pairs.paired_product_id,
        pairs.pair_order_count,
        products.product_order_count,
        paired_products.product_order_count as paired_order_count,
        totals.basket_count,
        cast(products.product_order_count as double)
        * paired_products.product_order_count
        / totals.basket_count
            as expected_count,
        {{ rate('pairs.pair_order_count', 'totals.basket_count') }} as support_rate,
        {{ rate('pairs.pair_order_count', 'products.product_order_count') }} as confidence_rate,
        {{ rate('products.product_order_count', 'totals.basket_count') }} as product_rate,
        {{ rate('paired_products.product_order_count', 'totals.basket_count') }} as paired_rate
    from pairs
    inner join frequent_products as products on pairs.product_id = products.product_id
    inner join frequent_products as paired_products
        on pairs.paired_product_id = paired_products.product_id
    cross join totals
),

final as (
    select
        product_id,
        paired_product_id,
        pair_order_count,
        product_order_count,
        paired_order_count,
        basket_count,
        support_rate,
        confidence_rate,
        pair_order_count / expected_count as lift,
        {{ shrunk_lift('pair_order_count', 'expected_count') }} as shrunk_lift,
        support_rate - product_rate * paired_rate as leverage,
        case
            when pair_order_count < product_order_count
                then (1 - paired_rate) / (1 - confidence_rate)
        end as conviction
    from with_counts
)

select * from final
