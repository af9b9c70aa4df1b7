{%- set minute_us = 60 * 1000000 -%}
-- The time between two events of a session, measured once for all who judge by it. Grain: one row per event_id that has an event
-- before it in its session, in the order (event_at, event_id).
-- is_rapid is what the marts are about: shorter than rapid_event_seconds and no double click.
-- The event before is looked up only in sessions that have a gap as short as a double click.
{{ config(materialized='incremental', meta={'scope': {'spans': ['visitor_id', 'session_started_at'], 'of': 'int_event_spans_touched'}}) }}

with

events as (
    select
        event_id,
        visitor_id,
        session_id,
        session_started_at,
        event_at,
        previous_event_at,
        event_type,
        product_id
    from {{ ref('int_events_sessionized') }} as events
    where {{ in_spans('events.visitor_id', 'events.event_at', of='int_event_spans_touched') }}
),

-- The visitor's event before is the session's own unless it lies before the session's start. The frame is (t - 60 s, t].
with_gap as (
    select
        event_id,
        visitor_id,
        session_id,
        session_started_at,
        case
            when previous_event_at >= session_started_at
                then {{ epoch_us('event_at') }} - {{ epoch_us('previous_event_at') }}
        end as gap_us,
        count(*) over (
            partition by session_id
            order by {{ epoch_us('event_at') }} nulls last
            range between {{ minute_us - 1 }} preceding and current row
        ) as events_in_minute
    from events
),

gaps as (
    select * from with_gap
    where gap_us is not null
),

hasty_sessions as (
    select distinct session_id
    from gaps
    where gap_us <= {{ microseconds(var('double_click_seconds')) }}
),

with_event_before as (
    select
        events.event_id,
        events.event_type,
        events.product_id,
        lag(events.event_type) over (
            partition by events.session_id
            order by events.event_at nulls last, events.event_id nulls last
        ) as previous_event_type,
        lag(events.product_id) over (
            partition by events.session_id
            order by events.event_at nulls last, events.event_id nulls last
        ) as previous_product_id
    from events
    inner join hasty_sessions on events.session_id = hasty_sessions.session_id
),

double_clicks as (
    select gaps.event_id
    from gaps
    inner join with_event_before on gaps.event_id = with_event_before.event_id
    where
        {{ is_double_click(
            'with_event_before.event_type',
            'with_event_before.previous_event_type',
            'with_event_before.product_id',
            'with_event_before.previous_product_id',
            'gaps.gap_us'
        ) }}
),

final as (
    select
        gaps.event_id,
        gaps.visitor_id,
        gaps.session_id,
        gaps.session_started_at,
        gaps.gap_us,
        gaps.gap_us < {{ microseconds(var('rapid_event_seconds')) }}
        and double_clicks.event_id is null as is_rapid,
        gaps.events_in_minute
    from gaps
    left join double_clicks on gaps.event_id = double_clicks.event_id
)

select * from final
