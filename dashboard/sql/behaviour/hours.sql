-- Sessions by weekday (1 is Monday) and hour of their start: how many, their mean over the days of that weekday in the period, from the
-- first session on, and the share of them that ordered.
with extent as (
    select greatest(min(kpi_date), $first::date) as first_on
    from marts.daily_kpis
    where session_count > 0
),

days as (
    select unnest(generate_series(first_on, $last::date, interval 1 day))::date as day_on
    from extent
),

weekdays as (
    select
        isodow(day_on) as weekday,
        count(*) as day_count
    from days
    group by isodow(day_on)
),

hours as (
    select
        isodow(started_on) as weekday,
        hour(started_at) as hour_of_day,
        count(*) as session_count,
        count(*) filter (where order_count > 0) as converted_session_count
    from marts.fct_sessions
    where started_on between $first and $last
    group by isodow(started_on), hour(started_at)
)

select
    hours.weekday,
    hours.hour_of_day,
    weekdays.day_count,
    hours.session_count,
    hours.session_count / weekdays.day_count as mean_sessions,
    hours.converted_session_count,
    case when hours.session_count >= 30 then hours.converted_session_count / hours.session_count end as conversion_rate
from hours
left join weekdays on hours.weekday = weekdays.weekday
order by hours.weekday, hours.hour_of_day
