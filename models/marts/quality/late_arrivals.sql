-- How late events arrive, and what that touches. Grain: one row per landed_on, of the accepted events that landed then. Sources
-- whose files tell no day of arrival have no rows. An event that its clock puts after its landing counts as a day early (-1).
with

events as (
    select
        session_id,
        cast(event_at as date) as event_date,
        {{ known_landing_day('_landed_on') }} as landed_on
    from {{ ref('int_events_sessionized') }}
),

landed_events as (
    select
        *,
        {{ days_between('event_date', 'landed_on') }} as days_late
    from events
    where landed_on is not null
),

final as (
    select
        landed_on,
        count(*) as event_count,
        count(*) filter (where {{ is_late('days_late') }}) as late_event_count,
        {{ rate('count(*) filter (where ' ~ is_late('days_late') ~ ')', 'count(*)') }} as late_rate,
        {{ rate('sum(days_late)', 'count(*)') }} as mean_days_late,
        percentile_cont(0.95) within group (order by cast(days_late as double)) as p95_days_late,
        max(days_late) as max_days_late,
        min(event_date) as oldest_event_on,
        count(distinct case when {{ is_late('days_late') }} then session_id end) as touched_session_count
    from landed_events
    group by landed_on
)

select * from final
