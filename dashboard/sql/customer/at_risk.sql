-- The 25 customers with the most revenue at risk.
select
    customer_id,
    customer_name,
    email,
    revenue_at_risk_amount,
    revenue_amount,
    recency_days,
    risk_reasons
from marts.at_risk_customers
order by target_rank, customer_id
limit 25
