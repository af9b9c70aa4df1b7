-- The rewards list: at most 10,000 high-value customers of the chosen group and state, the highest revenue first.
select
    labels.customer_id,
    labels.revenue_rank,
    labels.revenue_amount,
    labels.order_count,
    customers.last_ordered_on,
    customers.value_segment,
    customers.rfm_segment,
    customers.is_at_risk,
    customers.customer_name,
    customers.email,
    labels.revenue_decile,
    labels.cumulative_revenue_share_rate,
    customers.engagement_score,
    customers.favourite_category,
    customers.country
from marts.customer_value_labels as labels
inner join marts.customer_360 as customers on labels.customer_id = customers.customer_id
where
    labels.is_high_value
    and ($who = 'high' or labels.revenue_decile = 1)
    and ($state = 'all' or customers.is_at_risk = ($state = 'at_risk'))
order by labels.revenue_rank asc, labels.customer_id asc
limit 10000
