-- What shoppers of an anchor view and never take, the most at stake first ($rank_by: revenue or margin).
select
    product_id,
    product_name,
    category,
    viewer_count,
    anchor_customer_count,
    viewer_rate,
    viewer_lift,
    unit_price,
    unit_margin,
    revenue_at_stake_amount,
    margin_at_stake_amount
from marts.cross_sell_opportunities
where anchor_product_id = $anchor and customer_group = $customer_group
order by
    case when $rank_by = 'margin' then margin_at_stake_amount end desc nulls last,
    opportunity_rank asc,
    product_id asc
limit 200
