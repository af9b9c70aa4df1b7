-- The customer base at each snapshot: month ends and the as-of date, the newest last.
select
    snapshot_on,
    is_latest,
    count(*) as customer_count,
    count(*) filter (where order_count > 0) as buyer_count,
    count(*) filter (where is_at_risk) as at_risk_count,
    count(*) filter (where is_at_risk) / nullif(count(*) filter (where order_count > 0), 0) as at_risk_rate,
    avg(engagement_score) as mean_score,
    sum(session_count_30_days) / count(*) as sessions_per_customer
from marts.customer_history
group by snapshot_on, is_latest
order by snapshot_on
