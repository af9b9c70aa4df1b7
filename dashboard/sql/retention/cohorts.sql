-- What became of the newest 24 cohorts, month by month since their first order; months that are not over are NULL.
with newest as (
    select distinct cohort_month
    from marts.retention_cohorts
    order by cohort_month desc
    limit 24
)

select
    cohorts.cohort_month,
    cohorts.months_since,
    cohorts.cohort_customer_count,
    cohorts.is_mature,
    cohorts.customer_count,
    cohorts.retention_rate,
    cohorts.customer_count_on_or_after,
    cohorts.retention_on_or_after_rate,
    cohorts.order_count,
    cohorts.revenue_amount,
    cohorts.revenue_amount / nullif(cohorts.cohort_customer_count, 0) as revenue_per_customer_amount,
    cohorts.net_revenue_amount
from marts.retention_cohorts as cohorts
inner join newest on cohorts.cohort_month = newest.cohort_month
order by cohorts.cohort_month, cohorts.months_since
