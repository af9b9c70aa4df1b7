-- Accepted events with their session. Grain: one row per event_id.
-- session_started_at is what the whole chain exists for: with visitor_id it is the session's key.
-- First islands (nobody idle longer than the timeout), then the cuts inside an island that variables ask for. The cuts are
-- computed from the whole island, so the island is what has to be reprocessed when an event arrives late.
-- Events at the same instant are never cut apart: of several, only the first in the total order (event_at, event_id) can
-- begin something, and the others share its instant.
-- The windows run over the few columns that they need; the rest of the event is joined back (less than half the work).
{{ config(
    materialized='incremental',
    meta={'scope': {'spans': ['visitor_id', 'event_at'], 'of': 'int_event_spans_touched'}, 'stored_by': '_landed_on'},
    unique_key=['event_id']
) }}

with

events as (
    select * from {{ ref('int_events_deduplicated') }} as events
    where {{ in_spans('events.visitor_id', 'events.event_at', of='int_event_spans_touched') }}
),

event_times as (
    select
        event_id,
        visitor_id,
        event_at,
        event_type,
        campaign
    from events
),

with_previous as (
    select
        *,
        lag(event_at) over by_time as previous_event_at,
        lag(event_type) over by_time as previous_event_type
    from event_times
    window by_time as (partition by visitor_id order by event_at nulls last, event_id nulls last)
),

-- An island begins where the visitor was idle; every event belongs to the latest island begun so far.
with_island as (
    select
        *,
        max(case when previous_event_at is null or {{ is_after_timeout('event_at', 'previous_event_at') }} then event_at end)
            over (
                partition by visitor_id
                order by event_at nulls last, event_id nulls last
                rows between unbounded preceding and current row
            ) as island_started_at
    from with_previous
),
{% if var('split_on_campaign') %}
with_campaign_before as (
    select
        *,
        {{ last_non_null(
            'campaign',
            'partition by visitor_id, island_started_at order by event_at nulls last, event_id nulls last '
            ~ 'rows between unbounded preceding and 1 preceding'
        ) }} as campaign_before
    from with_island
),

-- A RANGE frame (the default): events at the same instant share the number.
with_campaign_number as (
    select
        *,
        sum(case when campaign <> campaign_before then 1 else 0 end)
            over (partition by visitor_id, island_started_at order by event_at nulls last) as campaign_number
    from with_campaign_before
),
{% else %}
with_campaign_number as (
    select
        *,
        0 as campaign_number
    from with_island
),
{% endif %}
with_cuts as (
    select
        event_id,
        visitor_id,
        event_at,
        previous_event_at,
        coalesce(previous_event_type = event_type, false) as is_repeat,
        island_started_at,
        cast(campaign_number as bigint) as campaign_number,
        {{ 'cast(event_at as date)' if var('split_at_midnight') else "date '1970-01-01'" }} as midnight_key,
        {{ max_length_bin('event_at', 'island_started_at') }} as length_bin
    from with_campaign_number
),

sessions as (
    select
        visitor_id,
        island_started_at,
        campaign_number,
        midnight_key,
        length_bin,
        min(event_at) as session_started_at
    from with_cuts
    group by visitor_id, island_started_at, campaign_number, midnight_key, length_bin
),

islands as (
    select
        visitor_id,
        island_started_at,
        max(length_bin) > 0 as is_split_by_length
    from sessions
    group by visitor_id, island_started_at
),

sessions_identified as (
    select
        sessions.*,
        islands.is_split_by_length,
        {{ session_id('sessions.visitor_id', 'sessions.session_started_at') }} as session_id
    from sessions
    inner join islands
        on
            sessions.visitor_id = islands.visitor_id
            and sessions.island_started_at = islands.island_started_at
),

final as (
    select
        {%- for column in event_columns() %}
        events.{{ column }},
        {%- endfor %}
        with_cuts.island_started_at,
        sessions.session_started_at,
        with_cuts.campaign_number,
        with_cuts.midnight_key,
        with_cuts.length_bin,
        sessions.is_split_by_length,
        case
            when not {{ is_after_timeout('with_cuts.event_at', 'with_cuts.previous_event_at') }} then with_cuts.previous_event_at
        end as previous_event_at,
        not with_cuts.is_repeat or with_cuts.previous_event_at < sessions.session_started_at as is_step,
        sessions.session_id,
        events._source_file,
        events._landed_on
    from events
    inner join with_cuts on events.event_id = with_cuts.event_id
    inner join sessions_identified as sessions
        on
            with_cuts.visitor_id = sessions.visitor_id
            and with_cuts.island_started_at = sessions.island_started_at
            and with_cuts.campaign_number = sessions.campaign_number
            and with_cuts.midnight_key = sessions.midnight_key
            and with_cuts.length_bin = sessions.length_bin
)

-- Stored by day: a late event's increment opens the days that it touches and no others.
select * from final
order by cast(event_at as date) nulls last
