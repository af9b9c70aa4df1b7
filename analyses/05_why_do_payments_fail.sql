-- Question: which slice of the attempts to pay fails more than the rest, since when, and what does it cost?
-- How to read it: the first row is the slice with the most failures beyond what the rest's rate would give (the lower end of
-- the interval decides). Rows below it often contain it: a gateway looks bad because one app version fails on it.
-- A small q_value says that it is no chance, after correction for the number of slices looked at.
select
    driver_rank,
    slice_id,
    attempt_count,
    round(failure_rate, 4) as failure_rate,
    round(rest_failure_rate, 4) as rest_failure_rate,
    round(excess_failed_count) as excess_failed_count,
    q_value,
    failing_from,
    failing_to,
    lost_amount
from marts.payment_failure_drivers
order by driver_rank asc nulls last, slice_id asc nulls last
limit 10;
