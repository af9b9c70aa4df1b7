-- Slices that fail more than the rest by more than chance, those with the most failures above it first.
select
    slice_id,
    breakdown,
    breakdown_value,
    attempt_count,
    failed_count,
    failure_rate,
    rest_failure_rate,
    excess_failed_count,
    excess_failed_count_low,
    2 * excess_failed_count - excess_failed_count_low as excess_failed_count_high,
    lost_amount,
    failing_from,
    failing_to,
    q_value,
    driver_rank,
    count(*) over () as driver_count
from marts.payment_failure_drivers
where is_significant
order by driver_rank, slice_id
limit 50
