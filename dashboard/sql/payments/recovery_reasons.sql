-- How often a first failure in the period was saved, by its reason; the most money lost first. Of the days alone whose every failure is
-- older than the conversion window ($judged_last).
select
    coalesce(first_failure_reason, 'unknown') as failure_reason,
    count(*) as failure_count,
    count(*) filter (where is_recovered) as recovered_count,
    count(*) filter (where is_recovered) / count(*) as recovered_rate,
    sum(lost_amount) as lost_amount
from marts.payment_recoveries
where
    is_mature
    and first_failed_at::date between $first and $judged_last
group by coalesce(first_failure_reason, 'unknown')
order by lost_amount desc nulls last, failure_reason asc
limit 50
