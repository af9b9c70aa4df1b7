-- Pairs that belong together, by what is lost while people buy only one of the two. Grain: one row
-- per pair (product_id < paired_product_id) that is bought together more often than by chance
-- (shrunk lift above 1). An unknown price or cost makes the bundle's price or margin NULL and
-- counts 0 in the margin at stake. Buyers are customers with a counted order of the product; guests
-- cannot be told apart and are left out.
with

pairs as (
    select * from {{ ref('product_affinity') }}
    where
        product_id < paired_product_id
        and shrunk_lift > 1
),

products as (
    select
        *,
        unit_price - unit_cost as unit_margin
    from {{ ref('dim_products') }}
),

buyers as (
    select
        shopper_id,
        product_id
    from {{ ref('int_shopper_products_counted') }}
    where order_count > 0
),

buyer_counts as (
    select
        product_id,
        count(*) as buyer_count
    from buyers
    group by product_id
),

-- Whoever bought both is found among the buyers of recommended pairs only.
buyers_of_both as (
    select
        pairs.product_id,
        pairs.paired_product_id,
        count(*) as both_count
    from buyers
    inner join buyers as paired_buyers
        on
            buyers.shopper_id = paired_buyers.shopper_id
            and buyers.product_id < paired_buyers.product_id
    inner join pairs
        on
            buyers.product_id = pairs.product_id
            and paired_buyers.product_id = pairs.paired_product_id
    group by pairs.product_id, pairs.paired_product_id
),

with_counts as (
    select
        pairs.product_id,
        pairs.paired_product_id,
        products.product_name,
        paired_products.product_name as paired_product_name,
        pairs.pair_order_count,
        pairs.shrunk_lift,
        cast(products.unit_price + paired_products.unit_price as decimal(18, 4))
            as bundle_price_amount,
        cast(products.unit_margin + paired_products.unit_margin as decimal(18, 4))
            as bundle_margin_amount,
        coalesce(first_counts.buyer_count, 0) - coalesce(buyers_of_both.both_count, 0)
            as only_first_customer_count,
        coalesce(second_counts.buyer_count, 0) - coalesce(buyers_of_both.both_count, 0)
            as only_second_customer_count,
        coalesce(products.unit_margin, 0) as first_margin,
        coalesce(paired_products.unit_margin, 0) as second_margin
    from pairs
    inner join products on pairs.product_id = products.product_id
    inner join products as paired_products on pairs.paired_product_id = paired_products.product_id
    left join buyer_counts as first_counts on pairs.product_id = first_counts.product_id
    left join buyer_counts as second_counts on pairs.paired_product_id = second_counts.product_id
    left join buyers_of_both
        on
            pairs.product_id = buyers_of_both.product_id
            and pairs.paired_product_id = buyers_of_both.paired_product_id
),

with_stakes as (
    select
        * except (first_margin, second_margin),
        cast(
            only_first_customer_count * second_margin + only_second_customer_count * first_margin
            as decimal(18, 4)
        ) as margin_at_stake_amount
    from with_counts
),

final as (
    select
        *,
        cast(
            rank() over (
                order by margin_at_stake_amount desc nulls last, shrunk_lift desc nulls last
            ) as bigint
        ) as bundle_rank
    from with_stakes
)

select * from final
