-- Orders whose first attempt failed, in the period and in the one before it: tried again, recovered, lost. Mature ones only.
with failures as (
    select
        *,
        first_failed_at::date >= $first as is_now
    from marts.payment_recoveries
    where first_failed_at::date between $first and $last or first_failed_at::date between $before_first and $before_last
)

select
    count(*) filter (where is_now and not is_mature) as young_count,
    count(*) filter (where is_now and is_mature) as failure_count,
    count(*) filter (where is_now and is_mature and later_attempt_count > 0) as retried_count,
    count(*) filter (where is_now and is_mature and is_recovered) as recovered_count,
    sum(lost_amount) filter (where is_now and is_mature) as lost_amount,
    median(seconds_to_recover) filter (where is_now and is_mature) as median_seconds,
    quantile_cont(seconds_to_recover, 0.9) filter (where is_now and is_mature) as slow_seconds,
    count(*) filter (where not is_now and is_mature) as before_failure_count,
    count(*) filter (where not is_now and is_mature and later_attempt_count > 0) as before_retried_count,
    count(*) filter (where not is_now and is_mature and is_recovered) as before_recovered_count,
    sum(lost_amount) filter (where not is_now and is_mature) as before_lost_amount
from failures
