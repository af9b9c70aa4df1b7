-- Question: which customers are slipping away, and whom of them should we write to first?
-- How to read it: the most revenue at risk first (what they spent in the last year). recency_days is beyond gap_limit_days, the longest
-- wait that is usual for them (own rhythm) or for everybody. gap_percentile_rate of 0.99: only one wait in a hundred was longer.
-- Somebody at risk for a few days is easier to win back than somebody who left in spring. What to write about: favourite_category.
select
    at_risk_customers.target_rank,
    at_risk_customers.customer_id,
    at_risk_customers.customer_name,
    at_risk_customers.email,
    at_risk_customers.revenue_at_risk_amount,
    at_risk_customers.value_segment,
    at_risk_customers.recency_days,
    round(at_risk_customers.gap_limit_days, 1) as gap_limit_days,
    round(at_risk_customers.gap_percentile_rate, 4) as gap_percentile_rate,
    at_risk_customers.at_risk_since_on,
    at_risk_customers.risk_reasons,
    customer_360.favourite_category,
    customer_360.favourite_device
from marts.at_risk_customers
inner join marts.customer_360 on at_risk_customers.customer_id = customer_360.customer_id
order by at_risk_customers.target_rank asc nulls last, at_risk_customers.customer_id asc nulls last
limit 25;
