-- Sessions of the period by the most events they had within a minute; a burst, from 60 on by default, has bars of its own.
with ranges as (
    select
        unnest([1, 2, 3, 6, 11, 21, 41, 60, 121]) as events_from,
        unnest([1, 2, 5, 10, 20, 40, 59, 120, null]) as events_to
),

busiest as (
    select
        max_events_per_minute,
        count(*) as session_count,
        count(*) filter (where is_likely_bot) as bot_session_count
    from marts.session_risk
    where started_on between $first and $last
    group by max_events_per_minute
)

select
    case
        when ranges.events_to is null then ranges.events_from || '+'
        when ranges.events_to = ranges.events_from then ranges.events_from::varchar
        else ranges.events_from || '–' || ranges.events_to
    end as events_per_minute,
    coalesce(sum(busiest.session_count), 0)::bigint as session_count,
    coalesce(sum(busiest.bot_session_count), 0)::bigint as bot_session_count
from ranges
left join busiest
    on
        busiest.max_events_per_minute >= ranges.events_from
        and (ranges.events_to is null or busiest.max_events_per_minute <= ranges.events_to)
group by ranges.events_from, ranges.events_to
order by ranges.events_from
