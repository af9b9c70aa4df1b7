-- What came of the attempts of the period, the most frequent first.
select
    coalesce(result, 'unknown') as payment_result,
    count(*) as attempt_count,
    sum(amount) as attempted_amount
from marts.fct_payments
where attempted_on between $first and $last
group by payment_result
order by attempt_count desc, payment_result asc
