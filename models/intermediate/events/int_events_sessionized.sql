-- Accepted events with their session. Grain: one row per event_id.
-- session_started_at is what the whole chain exists for: with visitor_id it is the session's key.
-- First islands (nobody idle longer than the timeout), then the cuts inside an island that variables ask for. The cuts are
-- computed from the whole island, so the island is what has to be reprocessed when an event arrives late.
-- Sums run over RANGE frames (the default): events at the same instant share their value and are never cut apart.
with

events as (
    select * from {{ ref('int_events_deduplicated') }}
),

with_previous as (
    select
        *,
        lag(event_at) over (partition by visitor_id order by event_at nulls last, event_id nulls last) as previous_event_at
    from events
),

with_island_number as (
    select
        *,
        sum(case when previous_event_at is null or {{ is_after_timeout('event_at', 'previous_event_at') }} then 1 else 0 end)
            over (partition by visitor_id order by event_at nulls last) as island_number
    from with_previous
),

with_island as (
    select
        *,
        min(event_at) over (partition by visitor_id, island_number) as island_started_at
    from with_island_number
),
{% if var('split_on_campaign') %}
with_campaign_before as (
    select
        *,
        {{ last_non_null('campaign', 'partition by visitor_id, island_number order by event_at nulls last, event_id nulls last rows between unbounded preceding and 1 preceding') }} as campaign_before
    from with_island
),

with_campaign_number as (
    select
        * except (campaign_before),
        sum(case when campaign <> campaign_before then 1 else 0 end)
            over (partition by visitor_id, island_number order by event_at nulls last) as campaign_number
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
        *,
        {{ 'cast(event_at as date)' if var('split_at_midnight') else "date '1970-01-01'" }} as midnight_key,
        {{ max_length_bin('event_at', 'island_started_at') }} as length_bin
    from with_campaign_number
),

with_session as (
    select
        *,
        min(event_at) over (partition by visitor_id, island_number, campaign_number, midnight_key, length_bin) as session_started_at,
        max(length_bin) over (partition by visitor_id, island_number) > 0 as is_split_by_length
    from with_cuts
),

final as (
    select
        {{ event_columns() | join(',\n        ') }},
        island_started_at,
        session_started_at,
        campaign_number,
        midnight_key,
        length_bin,
        is_split_by_length,
        previous_event_at,
        {{ session_id('visitor_id', 'session_started_at') }} as session_id,
        _source_file,
        _landed_on
    from with_session
)

select * from final
