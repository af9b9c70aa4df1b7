-- Attempts and failures over all the data; no row where nobody ever tried to pay.
select
    attempt_count,
    failed_count,
    failed_count / nullif(attempt_count, 0) as failure_rate
from marts.payment_outcomes
where breakdown = 'all'
order by breakdown_value
