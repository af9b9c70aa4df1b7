-- All cohorts together: who came back in the n-th month after the first order, of the cohorts for which that month is over.
select
    months_since,
    count(*) as cohort_count,
    sum(cohort_customer_count)::bigint as cohort_customer_count,
    sum(customer_count)::bigint as customer_count,
    sum(customer_count) / sum(cohort_customer_count) as retention_rate,
    sum(customer_count_on_or_after)::bigint as customer_count_on_or_after,
    sum(customer_count_on_or_after) / sum(cohort_customer_count) as retention_on_or_after_rate
from marts.retention_cohorts
where is_mature
group by months_since
having sum(cohort_customer_count) >= $fewest
order by months_since
