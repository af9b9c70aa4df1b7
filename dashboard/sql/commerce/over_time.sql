-- Revenue and orders by day, week or month ($grain), in whole weeks and months as far as there is data. One that the data does not cover to
-- its ends is not complete.
with extent as (
    select
        min(kpi_date) as first_on,
        max(kpi_date) as last_on
    from marts.daily_kpis
),

days as (
    select
        *,
        date_trunc($grain, kpi_date)::date as period_start_on
    from marts.daily_kpis
    where kpi_date >= date_trunc($grain, $first::date)::date and kpi_date <= $last
)

select
    days.period_start_on,
    sum(days.revenue_amount) as revenue_amount,
    sum(days.order_count) as order_count,
    sum(days.revenue_amount) / nullif(sum(days.order_count), 0) as average_order_amount,
    sum(days.first_order_count) as first_order_count,
    sum(days.session_count) as session_count,
    days.period_start_on >= extent.first_on
    and (days.period_start_on + to_days(case $grain when 'week' then 6 else 0 end)) <= extent.last_on
    and ($grain <> 'month' or last_day(days.period_start_on) <= extent.last_on) as is_complete
from days
cross join extent
group by days.period_start_on, extent.first_on, extent.last_on
order by days.period_start_on
