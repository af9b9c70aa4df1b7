-- For everybody who put product A (the anchor) into the cart: what do they view and never take? For
-- every anchor with enough shoppers. Grain: one row per anchor_product_id, product_id and
-- customer_group ('all' and by number of orders). A product without a price has no revenue at stake
-- (NULL) and ranks last; service lines are left out on both sides. "Never taken" is decided per
-- shopper and product, over all time: one add, or one purchase without an add (another device, a
-- source without carts), removes the product for that shopper.
with

shopper_products as (
    select * from {{ ref('int_shopper_products_counted') }}
),

products as (
    select * from {{ ref('dim_products') }}
    where is_service_line is not true
),

order_counts as (
    select
        customer_id,
        count(*) as order_count
    from {{ ref('fct_orders') }}
    where
        is_counted
        and customer_id is not null
    group by customer_id
),

anchored as (
    select
        shopper_products.shopper_id,
        shopper_products.product_id as anchor_product_id,
        {{ customer_group('order_counts.order_count') }} as customer_group
    from shopper_products
    inner join products on shopper_products.product_id = products.product_id
    left join order_counts on shopper_products.shopper_id = order_counts.customer_id
    where {{ is_anchored('shopper_products.add_to_cart_count', 'shopper_products.order_count') }}
),

anchor_totals as (
    select
        anchor_product_id,
        coalesce(customer_group, 'all') as customer_group,
        count(*) as anchor_customer_count
    from anchored
    group by grouping sets ((anchor_product_id), (anchor_product_id, customer_group))
),

anchors as (
    select anchor_product_id
    from anchor_totals
    where
        customer_group = 'all'
        and anchor_customer_count >= {{ var('cross_sell_min_customers') | int }}
),

viewed as (
    select
        shopper_products.shopper_id,
        shopper_products.product_id,
        shopper_products.view_count,
        {{ is_taken('shopper_products.add_to_cart_count', 'shopper_products.order_count') }} as is_taken
    from shopper_products
    inner join products on shopper_products.product_id = products.product_id
    where shopper_products.view_count > 0
),

-- All that a shopper did with a product is one row: no look into the others is needed.
viewed_and_never_taken as (
    select * from viewed
    where not is_taken
),

-- Everybody who looked at anything, whatever they put into the cart: what viewer_lift compares with.
lookers as (
    select distinct
        viewed.shopper_id,
        {{ customer_group('order_counts.order_count') }} as customer_group
    from viewed
    left join order_counts on viewed.shopper_id = order_counts.customer_id
),

looker_totals as (
    select
        coalesce(customer_group, 'all') as customer_group,
        count(*) as looker_count
    from lookers
    group by grouping sets ((), (customer_group))
),

product_lookers as (
    select
        viewed_and_never_taken.product_id,
        coalesce(lookers.customer_group, 'all') as customer_group,
        count(*) as product_looker_count
    from viewed_and_never_taken
    inner join lookers on viewed_and_never_taken.shopper_id = lookers.shopper_id
    group by grouping sets (
        (viewed_and_never_taken.product_id),
        (viewed_and_never_taken.product_id, lookers.customer_group)
    )
),

-- A shopper is in one group, so the groups' counts add up to those of all.
group_pairs as (
    select
        anchored.anchor_product_id,
        viewed_and_never_taken.product_id,
        anchored.customer_group,
        count(*) as viewer_count,
        sum(viewed_and_never_taken.view_count) as view_count
    from anchored
    inner join anchors on anchored.anchor_product_id = anchors.anchor_product_id
    inner join viewed_and_never_taken on anchored.shopper_id = viewed_and_never_taken.shopper_id
    where anchored.anchor_product_id <> viewed_and_never_taken.product_id
    group by anchored.anchor_product_id, viewed_and_never_taken.product_id, anchored.customer_group
),

pairs as (
    select
        anchor_product_id,
        product_id,
        coalesce(customer_group, 'all') as customer_group,
        cast(sum(viewer_count) as bigint) as viewer_count,
        cast(sum(view_count) as bigint) as view_count
    from group_pairs
    group by grouping sets (
        (anchor_product_id, product_id),
        (anchor_product_id, product_id, customer_group)
    )
),

with_stakes as (
    select
        pairs.anchor_product_id,
        pairs.product_id,
        pairs.customer_group,
        anchor_products.product_name as anchor_product_name,
        products.product_name,
        products.category,
        anchor_totals.anchor_customer_count,
        pairs.viewer_count,
        pairs.view_count,
        {{ rate('pairs.viewer_count', 'anchor_totals.anchor_customer_count') }} as viewer_rate,
        {{ rate('pairs.viewer_count', 'anchor_totals.anchor_customer_count') }}
        / {{ rate('product_lookers.product_looker_count', 'looker_totals.looker_count') }} as viewer_lift,
        products.unit_price,
        cast(products.unit_price - products.unit_cost as decimal(18, 4)) as unit_margin,
        cast(pairs.viewer_count * products.unit_price as decimal(18, 4)) as revenue_at_stake_amount,
        cast(pairs.viewer_count * (products.unit_price - products.unit_cost) as decimal(18, 4))
            as margin_at_stake_amount
    from pairs
    inner join products as anchor_products on pairs.anchor_product_id = anchor_products.product_id
    inner join products on pairs.product_id = products.product_id
    inner join anchor_totals
        on
            pairs.anchor_product_id = anchor_totals.anchor_product_id
            and pairs.customer_group = anchor_totals.customer_group
    inner join product_lookers
        on
            pairs.product_id = product_lookers.product_id
            and pairs.customer_group = product_lookers.customer_group
    inner join looker_totals on pairs.customer_group = looker_totals.customer_group
),

final as (
    select
        *,
        cast(rank() over (
            partition by anchor_product_id, customer_group
            order by revenue_at_stake_amount desc nulls last, viewer_count desc nulls last
        ) as bigint) as opportunity_rank
    from with_stakes
)

select * from final
