-- Orders whose first attempt failed, in the period and in the one before it: tried again, recovered, lost; but for young_count, of the days
-- alone whose every failure is older than the conversion window ($judged_last), and of the same days of the period before.
with failures as (
    select
        *,
        first_failed_at::date as failed_on
    from marts.payment_recoveries
),

judged as (
    select
        failures.*,
        failures.is_mature and failures.failed_on between $first and $judged_last as is_now,
        failures.is_mature and failures.failed_on between $before_first and $judged_before_last as is_before
    from failures
    where failures.failed_on between $first and $last or failures.failed_on between $before_first and $before_last
)

select
    count(*) filter (where failed_on >= $first and not is_now) as young_count,
    count(*) filter (where is_now) as failure_count,
    count(*) filter (where is_now and later_attempt_count > 0) as retried_count,
    count(*) filter (where is_now and is_recovered) as recovered_count,
    sum(lost_amount) filter (where is_now) as lost_amount,
    median(seconds_to_recover) filter (where is_now) as median_seconds,
    quantile_cont(seconds_to_recover, 0.9) filter (where is_now) as slow_seconds,
    count(*) filter (where is_before) as before_failure_count,
    count(*) filter (where is_before and later_attempt_count > 0) as before_retried_count,
    count(*) filter (where is_before and is_recovered) as before_recovered_count,
    sum(lost_amount) filter (where is_before) as before_lost_amount
from judged
