-- Question: who is not at risk yet and will be within two weeks, unless they order or come by?
-- How to read it: days_left until the wait is longer than usual; 0 means that it is, and only their visits keep them off the list of those
-- at risk. Few visits in 30 days and a declining score (is_declining) make it likelier. The most revenue first, and nobody who
-- is already in marts.at_risk_customers.
with

waiting as (
    select
        *,
        greatest(cast(floor(gap_limit_days) as integer) + 1 - recency_days, 0) as days_left
    from marts.customer_360
    where
        order_count > 0
        and not is_at_risk
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
where days_left <= 14
order by is_high_value desc nulls last, revenue_amount desc nulls last, customer_id asc nulls last
limit 25;
