-- How many high-value customers are in the chosen group and state, and their revenue.
select
    count(*) as customer_count,
    coalesce(sum(labels.revenue_amount), 0) as revenue_amount
from marts.customer_value_labels as labels
inner join marts.customer_360 as customers on labels.customer_id = customers.customer_id
where
    labels.is_high_value
    and ($who = 'high' or labels.revenue_decile = 1)
    and ($state = 'all' or customers.is_at_risk = ($state = 'at_risk'))
