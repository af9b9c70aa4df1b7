-- The customer at each snapshot, and the mean score of everybody then.
with everybody as (
    select
        snapshot_on,
        avg(engagement_score) as mean_score
    from marts.customer_history
    group by snapshot_on
)

select
    own.snapshot_on,
    own.engagement_score,
    everybody.mean_score,
    own.engagement_percentile,
    own.engagement_segment,
    own.engagement_status,
    own.value_segment,
    own.rfm_segment,
    own.is_at_risk,
    own.order_count,
    own.revenue_amount,
    own.session_count_30_days
from marts.customer_history as own
inner join everybody on own.snapshot_on = everybody.snapshot_on
where own.customer_id = $customer
order by own.snapshot_on
