-- Why attempts of the period failed, the most frequent reason first.
with failures as (
    select
        coalesce(failure_reason, 'unknown') as failure_reason,
        amount
    from marts.fct_payments
    where not is_approved and attempted_on between $first and $last
)

select
    failure_reason,
    count(*) as failed_count,
    sum(count(*)) over () as all_failed_count,
    count(*) / sum(count(*)) over () as failure_share,
    sum(amount) as failed_amount
from failures
group by failure_reason
order by failed_count desc, failure_reason asc
limit 50
