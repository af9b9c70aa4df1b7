-- Visits. Grain: one row per session_id (visitor and start). Dimensions are those of the session's first event.
-- customer_id is the owner of the device at the session's last event; NULL while nobody ever logged in there.
-- session_split_cause says why the session began; within an island the first cause in the order campaign, midnight,
-- max_length is named. A cart is abandoned when nothing was ordered in the session from the first add on.
{{ config(
    materialized='incremental',
    meta={'scope': {'spans': ['visitor_id', 'started_at']}, 'stored_by': 'started_on'},
    unique_key=['session_id']
) }}

with

events as (
    select * from {{ ref('int_events_sessionized') }} as events
    where {{ in_spans('events.visitor_id', 'events.event_at') }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

sessions as (
    select
        session_id,
        visitor_id,
        session_started_at as started_at,
        max(event_at) as ended_at,
        max(island_started_at) as island_started_at,
        max(is_split_by_length) as is_split_by_length,
        max(campaign_number) as campaign_number,
        max(midnight_key) as midnight_key,
        max(length_bin) as length_bin,
        count(*) as event_count,
        {%- for event_type, counter in session_counters().items() %}
        count(*) filter (where event_type = '{{ event_type }}') as {{ counter }},
        {%- endfor %}
        count(*) filter (where event_type = 'payment_attempted' and outcome = 'approved') as approved_payment_count,
        min(event_at) filter (where event_type = 'add_to_cart') as carted_at,
        max(event_at) filter (where event_type = 'order_placed') as last_order_placed_at,
        min_by(event_id, (event_at, event_id)) as entry_event_id,
        max_by(event_type, (event_at, event_id)) as exit_event_type,
        {{ first_in_order('event_type', 'event_at', 'event_id', kept_steps(), 'is_step') }} as first_steps
    from events
    group by session_id, visitor_id, session_started_at
),

all_starts as (
    select
        visitor_id,
        started_at
    from sessions
    {% if is_increment() %}
    union all
    select
        visitor_id,
        started_at
    from {{ this }} as kept
    where
        visitor_id in (select spans.visitor_id from {{ ref('int_spans_touched') }} as spans)
        and not ({{ in_spans('kept.visitor_id', 'kept.started_at') }})
    {% endif %}
),

visitors_starts as (
    select
        visitor_id,
        min(started_at) as first_started_at
    from all_starts
    group by visitor_id
),

with_session_before as (
    select
        sessions.*,
        visitors_starts.first_started_at,
        lag(sessions.island_started_at) over by_start as island_before,
        lag(sessions.campaign_number) over by_start as campaign_before,
        lag(sessions.midnight_key) over by_start as midnight_before
    from sessions
    inner join visitors_starts on sessions.visitor_id = visitors_starts.visitor_id
    window by_start as (partition by sessions.visitor_id order by sessions.started_at nulls last)
),

entries as (
    select
        event_id,
        event_type,
        device_type,
        traffic_channel,
        campaign,
        country
    from events
    where event_at = session_started_at
),

final as (
    select
        sessions.session_id,
        sessions.visitor_id,
        visitors.customer_id,
        sessions.started_at,
        sessions.ended_at,
        cast(sessions.started_at as date) as started_on,
        sessions.island_started_at,
        case
            when sessions.started_at = sessions.first_started_at then 'first_event'
            when sessions.island_before is null or sessions.island_before <> sessions.island_started_at then 'inactivity'
            when sessions.campaign_before <> sessions.campaign_number then 'campaign'
            when sessions.midnight_before <> sessions.midnight_key then 'midnight'
            else 'max_length'
        end as session_split_cause,
        sessions.is_split_by_length,
        {{ seconds_between('sessions.started_at', 'sessions.ended_at') }} as duration_seconds,
        sessions.event_count,
        {%- for counter in session_counters().values() %}
        sessions.{{ counter }},
        {%- endfor %}
        sessions.approved_payment_count,
        sessions.carted_at,
        coalesce(sessions.last_order_placed_at >= sessions.carted_at, false) as has_cart_order,
        sessions.event_count = 1 as is_single_event,
        entries.event_type as entry_event_type,
        sessions.exit_event_type,
        sessions.first_steps,
        entries.device_type,
        entries.traffic_channel,
        entries.campaign,
        entries.country
    from with_session_before as sessions
    inner join entries on sessions.entry_event_id = entries.event_id
    {{ join_owner('sessions', 'ended_at') }}
)

select * from final
