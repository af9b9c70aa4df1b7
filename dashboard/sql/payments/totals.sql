-- Attempts to pay in the period and in the one before it.
with attempts as (
    select
        amount,
        is_approved,
        attempted_on >= $first as is_now
    from marts.fct_payments
    where attempted_on between $first and $last or attempted_on between $before_first and $before_last
)

select
    count(*) filter (where is_now) as attempt_count,
    count(*) filter (where is_now and is_approved) as approved_count,
    count(*) filter (where is_now and not is_approved) as failed_count,
    sum(amount) filter (where is_now and is_approved) as approved_amount,
    sum(amount) filter (where is_now and not is_approved) as failed_amount,
    count(*) filter (where not is_now) as before_attempt_count,
    count(*) filter (where not is_now and is_approved) as before_approved_count,
    count(*) filter (where not is_now and not is_approved) as before_failed_count,
    sum(amount) filter (where not is_now and is_approved) as before_approved_amount,
    sum(amount) filter (where not is_now and not is_approved) as before_failed_amount
from attempts
