-- Revenue and orders by day of the period.
select
    kpi_date,
    revenue_amount,
    order_count,
    session_count,
    approval_rate
from marts.daily_kpis
where kpi_date between $first and $last
order by kpi_date
