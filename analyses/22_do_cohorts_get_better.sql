-- Question: do the customers who came lately come back more often than those who came before them, and spend more?
-- How to read it: one row per month of the first order. retention_n_rate is the share that ordered again n months later, in that very
-- month; NULL where the month has not ended. revenue_per_customer is what the cohort spent in its first three months (its first
-- order's month and the two after), per customer; NULL until these have ended. Read down a column, not along a row.
select
    cohort_month,
    any_value(cohort_customer_count) as cohort_customer_count,
    round(max(retention_rate) filter (where months_since = 1), 4) as retention_1_rate,
    round(max(retention_rate) filter (where months_since = 2), 4) as retention_2_rate,
    round(max(retention_rate) filter (where months_since = 3), 4) as retention_3_rate,
    round(max(retention_rate) filter (where months_since = 6), 4) as retention_6_rate,
    round(max(retention_on_or_after_rate) filter (where months_since = 1), 4) as back_at_all_rate,
    case
        when count(*) filter (where months_since <= 2 and is_mature) = 3
            then round(
                sum(net_revenue_amount) filter (where months_since <= 2) / any_value(cohort_customer_count), 2
            )
    end as revenue_per_customer_amount
from marts.retention_cohorts
group by cohort_month
order by cohort_month asc nulls last;
