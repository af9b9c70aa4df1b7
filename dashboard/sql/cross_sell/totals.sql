-- What is at stake beside an anchor, over all that its shoppers view and never take.
select
    max(anchor_customer_count) as shopper_count,
    count(*) as product_count,
    sum(viewer_count) as viewer_count,
    sum(revenue_at_stake_amount) as revenue_at_stake_amount,
    sum(margin_at_stake_amount) as margin_at_stake_amount
from marts.cross_sell_opportunities
where anchor_product_id = $anchor and customer_group = $customer_group
