-- Guards against cohorts that lose or double customers: together they hold everybody who has an order that counts
-- today. Prints both numbers.
with

cohorts as (
    select sum(cohort_customer_count) as customer_count
    from {{ ref('retention_cohorts') }}
    where months_since = 0
),

buyers as (
    select count(*) as customer_count
    from {{ ref('int_customers_snapshotted') }}
    where
        is_latest
        and order_count > 0
)

select
    coalesce(cohorts.customer_count, 0) as cohort_customer_count,
    buyers.customer_count as buyer_count
from cohorts
cross join buyers
where coalesce(cohorts.customer_count, 0) <> buyers.customer_count
