-- Question: who is not at risk yet, and looks as if they soon will be?
-- How to read it: customers who have waited three quarters of their usual longest wait or more, and hardly come by (three visits in 30 days
-- at most). days_left until the wait is longer than usual; 0 means that it is, and only their visits keep them off the list
-- of those at risk (marts.at_risk_customers). A declining score (is_declining) makes it likelier. High value first, then by revenue.
with

waiting as (
    select
        *,
        greatest(cast(floor(gap_limit_days) as integer) + 1 - recency_days, 0) as days_left
    from marts.customer_360
    where
        not is_at_risk
        and recency_days >= 0.75 * gap_limit_days
        and session_count_30_days <= 3
)

select
    customer_id,
    customer_name,
    email,
    days_left,
    recency_days,
    round(gap_limit_days, 1) as gap_limit_days,
    session_count_30_days,
    last_session_on,
    is_declining,
    value_segment,
    revenue_amount
from waiting
order by is_high_value desc nulls last, revenue_amount desc nulls last, customer_id asc nulls last
limit 25;
