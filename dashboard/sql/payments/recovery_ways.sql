-- What was tried after a first failure in the period, and how often it was saved; of the days alone whose every failure is older than the
-- conversion window ($judged_last).
with failures as (
    select
        *,
        case
            when later_attempt_count = 0 then 'not tried again'
            when is_method_switched and is_gateway_switched then 'other method and gateway'
            when is_method_switched then 'other method'
            when is_gateway_switched then 'other gateway'
            else 'the same way again'
        end as recovery_way
    from marts.payment_recoveries
    where
        is_mature
        and first_failed_at::date between $first and $judged_last
)

select
    recovery_way,
    count(*) as failure_count,
    count(*) filter (where is_recovered) as recovered_count,
    count(*) filter (where is_recovered) / count(*) as recovered_rate,
    median(seconds_to_recover) as median_seconds,
    sum(lost_amount) as lost_amount
from failures
group by recovery_way
order by failure_count desc, recovery_way asc
