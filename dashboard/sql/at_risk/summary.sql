-- All who are at risk today: how many, what they spent, and how many since 30 days or less.
select
    count(*) as customer_count,
    coalesce(sum(revenue_at_risk_amount), 0) as revenue_at_risk_amount,
    count(*) filter (where is_high_value) as high_value_count,
    coalesce(sum(revenue_at_risk_amount) filter (where is_high_value), 0) as high_value_revenue_at_risk_amount,
    count(*) filter (where at_risk_days < 30) as new_count
from marts.at_risk_customers
