-- Customers at risk by priority, value and band of churn, which is NULL where churn is not predicted.
select
    targets.priority,
    targets.is_high_value,
    churn.churn_band,
    count(*) as customer_count,
    sum(targets.revenue_at_risk_amount) as revenue_at_risk_amount,
    sum(churn.churn_probability) as churn_expected_count
from marts.at_risk_customers as targets
left join marts.churn_predictions as churn on targets.customer_id = churn.customer_id
group by targets.priority, targets.is_high_value, churn.churn_band
order by
    case targets.priority when 'red' then 1 when 'yellow' then 2 else 3 end asc,
    targets.is_high_value desc,
    churn.churn_band asc nulls last
