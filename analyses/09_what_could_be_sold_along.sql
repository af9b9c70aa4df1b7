-- Question: which product is looked at and never taken by the shoppers of another one, where most margin is at stake?
-- How to read it: the best opportunity of each of the twenty most promising anchors. margin_at_stake_amount is what it would
-- bring if each of these viewers took one: an upper bound to rank by, no forecast. viewer_lift above 1: the anchor's shoppers
-- look at it and leave it more often than everybody does.
with

best_of_each_anchor as (
    select *
    from marts.cross_sell_opportunities
    where
        customer_group = 'all'
        and margin_at_stake_amount is not null
    qualify
        row_number() over (
            partition by anchor_product_id
            order by margin_at_stake_amount desc nulls last, product_id asc nulls last
        ) = 1
)

select
    anchor_product_name,
    product_name,
    category,
    anchor_customer_count,
    viewer_count,
    round(viewer_rate, 4) as viewer_rate,
    round(viewer_lift, 2) as viewer_lift,
    margin_at_stake_amount
from best_of_each_anchor
order by margin_at_stake_amount desc nulls last, anchor_product_id asc nulls last
limit 20;
