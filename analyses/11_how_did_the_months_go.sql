-- Question: how did sales, visits and approvals develop from month to month?
-- How to read it: a month that the data covers in part is_complete = false: look at it, do not compare it. revenue_change_rate
-- is against the month before, and NULL where one of the two is not complete.
with

with_previous as (
    select
        *,
        lag(revenue_amount) over (order by kpi_month asc nulls last) as previous_revenue_amount,
        lag(is_complete) over (order by kpi_month asc nulls last) as is_previous_complete
    from marts.monthly_kpis
)

select
    kpi_month,
    is_complete,
    visitor_count,
    round(session_conversion_rate, 4) as session_conversion_rate,
    round(approval_rate, 4) as approval_rate,
    order_count,
    ordering_customer_count,
    first_order_count,
    revenue_amount,
    average_order_amount,
    case
        when is_complete and is_previous_complete
            then round(revenue_amount / nullif(previous_revenue_amount, 0) - 1, 4)
    end as revenue_change_rate
from with_previous
order by kpi_month asc nulls last;
