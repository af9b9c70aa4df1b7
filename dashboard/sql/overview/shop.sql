-- The shop's totals in the period and in the one before it.
select
    coalesce(sum(revenue_amount) filter (where kpi_date between $first and $last), 0) as revenue_amount,
    coalesce(sum(revenue_amount) filter (where kpi_date between $before_first and $before_last), 0) as before_revenue_amount,
    coalesce(sum(order_count) filter (where kpi_date between $first and $last), 0) as order_count,
    coalesce(sum(order_count) filter (where kpi_date between $before_first and $before_last), 0) as before_order_count,
    coalesce(sum(payment_attempt_count) filter (where kpi_date between $first and $last), 0) as attempt_count,
    coalesce(sum(approved_payment_count) filter (where kpi_date between $first and $last), 0) as approved_count,
    coalesce(sum(payment_attempt_count) filter (where kpi_date between $before_first and $before_last), 0) as before_attempt_count,
    coalesce(sum(approved_payment_count) filter (where kpi_date between $before_first and $before_last), 0) as before_approved_count
from marts.daily_kpis
