-- The groups of customers that an anchor has opportunities for.
select
    customer_group,
    max(anchor_customer_count) as shopper_count
from marts.cross_sell_opportunities
where anchor_product_id = $anchor
group by customer_group
order by
    case customer_group when 'all' then 1 when 'no_orders' then 2 when 'one_order' then 3 when 'repeat' then 4 else 5 end,
    customer_group
