-- Sessions by weekday (1 is Monday) and hour of their start, and the share of them that ordered.
select
    isodow(started_on) as weekday,
    hour(started_at) as hour_of_day,
    count(*) as session_count,
    count(*) filter (where order_count > 0) as converted_session_count,
    case when count(*) >= 30 then count(*) filter (where order_count > 0) / count(*) end as conversion_rate
from marts.fct_sessions
where started_on between $first and $last
group by weekday, hour_of_day
order by weekday, hour_of_day
