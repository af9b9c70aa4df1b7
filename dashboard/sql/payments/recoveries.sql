-- Orders whose first attempt failed, in the period and in the one before it: tried again, recovered, lost; but for young_count, of the days
-- alone whose every failure is older than the conversion window ($window_hours), and of the same days of the period before.
with spans as (
    select
        $first::date as first_on,
        $last::date - ceil($window_hours::double / 24)::integer as last_on,
        $before_first::date as before_first_on,
        $before_last::date - ceil($window_hours::double / 24)::integer as before_last_on
),

failures as (
    select
        *,
        first_failed_at::date as failed_on
    from marts.payment_recoveries
),

judged as (
    select
        failures.*,
        spans.*,
        failures.is_mature and failures.failed_on between spans.first_on and spans.last_on as is_now,
        failures.is_mature and failures.failed_on between spans.before_first_on and spans.before_last_on as is_before
    from failures
    cross join spans
    where failures.failed_on between $first and $last or failures.failed_on between $before_first and $before_last
)

select
    min(last_on) as last_on,
    min(before_last_on) as before_last_on,
    count(*) filter (where failed_on >= first_on and not is_now) as young_count,
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
