-- The shop's totals in the period and in the one before it.
with days as (
    select
        *,
        kpi_date >= $first as is_now
    from marts.daily_kpis
    where kpi_date between $first and $last or kpi_date between $before_first and $before_last
)

select
    sum(revenue_amount) filter (where is_now) as revenue_amount,
    sum(order_count) filter (where is_now) as order_count,
    sum(quantity) filter (where is_now) as quantity,
    sum(first_order_count) filter (where is_now) as first_order_count,
    sum(session_count) filter (where is_now) as session_count,
    sum(converted_session_count) filter (where is_now) as converted_session_count,
    sum(revenue_amount) filter (where not is_now) as before_revenue_amount,
    sum(order_count) filter (where not is_now) as before_order_count,
    sum(quantity) filter (where not is_now) as before_quantity,
    sum(first_order_count) filter (where not is_now) as before_first_order_count,
    sum(session_count) filter (where not is_now) as before_session_count,
    sum(converted_session_count) filter (where not is_now) as before_converted_session_count
from days
