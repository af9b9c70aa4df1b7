-- The target list: at most 10,000 customers at risk of the chosen priority and value, the most urgent first.
select
    customer_id,
    priority,
    revenue_at_risk_amount,
    recency_days,
    risk_reasons,
    customer_name,
    email,
    is_high_value,
    order_count,
    revenue_amount,
    last_ordered_on,
    gap_limit_days,
    at_risk_since_on,
    at_risk_days,
    last_session_on,
    engagement_score,
    value_segment,
    rfm_segment,
    country
from marts.at_risk_customers
where
    $priority in ('all', priority)
    and ($value = 'all' or is_high_value)
order by
    case priority when 'red' then 1 when 'yellow' then 2 else 3 end asc,
    revenue_at_risk_amount desc,
    customer_id asc
limit 10000
