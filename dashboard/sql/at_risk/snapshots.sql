-- Customers at risk at each snapshot, out of the buyers; the newest last.
select
    snapshot_on,
    count(*) filter (where order_count > 0) as buyer_count,
    count(*) filter (where is_at_risk) as at_risk_count,
    count(*) filter (where is_at_risk and is_high_value) as high_value_count,
    count(*) filter (where is_at_risk) / nullif(count(*) filter (where order_count > 0), 0) as at_risk_rate,
    coalesce(sum(session_count_30_days), 0)::bigint as session_count
from marts.customer_history
group by snapshot_on
order by snapshot_on
