-- The values of a breakdown over all the data: how often attempts fail, and whether it is more than chance.
-- The worst first; hours and bands of amounts in their own order.
select
    outcomes.breakdown_value,
    outcomes.attempt_count,
    outcomes.failed_count,
    1 - outcomes.approval_rate as failure_rate,
    1 - outcomes.approval_rate_high as failure_rate_low,
    1 - outcomes.approval_rate_low as failure_rate_high,
    outcomes.approval_rate,
    outcomes.approval_rate_low,
    outcomes.approval_rate_high,
    outcomes.declined_count,
    outcomes.error_count,
    outcomes.timeout_count,
    outcomes.abandoned_count,
    outcomes.share_of_failures_rate,
    outcomes.attempted_amount,
    outcomes.approved_amount,
    coalesce(drivers.is_significant, false) as is_significant
from marts.payment_outcomes as outcomes
left join marts.payment_failure_drivers as drivers
    on outcomes.breakdown = drivers.breakdown and outcomes.breakdown_value = drivers.breakdown_value
where outcomes.breakdown = $breakdown
order by
    case when outcomes.breakdown = 'hour_of_day' then outcomes.breakdown_value end asc,
    case when outcomes.breakdown = 'amount_band' then outcomes.attempted_amount / outcomes.attempt_count end asc,
    failure_rate desc,
    outcomes.breakdown_value asc
limit 200
