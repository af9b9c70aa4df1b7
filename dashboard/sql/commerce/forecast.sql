-- The revenue of each of the last twelve weeks' days, and what is expected of each coming day with its interval.
with extent as (
    select max(kpi_date) as last_on
    from marts.daily_kpis
),

known as (
    select
        days.kpi_date as revenue_on,
        days.revenue_amount
    from marts.daily_kpis as days
    cross join extent
    where days.kpi_date > extent.last_on - 84
),

coming as (
    select
        forecast_on as revenue_on,
        forecast_amount,
        forecast_low_amount,
        forecast_high_amount,
        candidate
    from marts.revenue_forecast
)

select
    revenue_on,
    known.revenue_amount,
    coming.forecast_amount,
    coming.forecast_low_amount,
    coming.forecast_high_amount,
    coming.candidate
from known
full outer join coming using (revenue_on)
order by revenue_on
