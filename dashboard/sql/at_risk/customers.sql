-- The target list: at most 10,000 customers at risk of the chosen priority, value and band of churn, the most urgent first.
select
    targets.customer_id,
    targets.priority,
    targets.revenue_at_risk_amount,
    churn.churn_probability,
    churn.churn_band,
    targets.recency_days,
    targets.risk_reasons,
    targets.customer_name,
    targets.email,
    targets.is_high_value,
    targets.order_count,
    targets.revenue_amount,
    targets.last_ordered_on,
    targets.gap_limit_days,
    targets.at_risk_since_on,
    targets.at_risk_days,
    targets.last_session_on,
    targets.engagement_score,
    targets.value_segment,
    targets.rfm_segment,
    targets.country
from marts.at_risk_customers as targets
left join marts.churn_predictions as churn on targets.customer_id = churn.customer_id
where
    $priority in ('all', targets.priority)
    and ($value = 'all' or targets.is_high_value)
    and $churn in ('all', churn.churn_band)
order by
    case targets.priority when 'red' then 1 when 'yellow' then 2 else 3 end asc,
    targets.revenue_at_risk_amount desc,
    targets.customer_id asc
limit 10000
