-- Carts by day or week ($grain), in whole weeks as far as there is data: abandoned, and come back to. Of the days alone whose every cart is
-- older than the conversion window ($judged_last); a week that these days and the data do not cover to its ends is not complete.
with extent as (
    select min(kpi_date) as first_on
    from marts.daily_kpis
),

carts as (
    select
        date_trunc($grain, carts.carted_on)::date as period_start_on,
        carts.is_abandoned,
        carts.is_recovered,
        extent.first_on
    from marts.cart_abandonment as carts
    cross join extent
    where
        carts.is_mature
        and carts.carted_on >= date_trunc($grain, $first::date)::date
        and carts.carted_on <= $judged_last
)

select
    period_start_on as carted_on,
    count(*) as cart_count,
    count(*) filter (where is_abandoned) as abandoned_count,
    count(*) filter (where is_abandoned) / count(*) as abandoned_rate,
    count(*) filter (where is_recovered) as recovered_count,
    count(*) filter (where is_recovered) / nullif(count(*) filter (where is_abandoned), 0) as recovered_rate,
    period_start_on >= first_on
    and (period_start_on + to_days(case $grain when 'week' then 6 else 0 end)) <= $judged_last as is_complete
from carts
group by period_start_on, first_on
order by period_start_on
