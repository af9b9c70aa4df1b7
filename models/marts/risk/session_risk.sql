-- Visits that are too fast or too regular for a person. Grain: one row per session_id. Nothing is deleted for it: headline numbers
-- come with and without bots (daily_kpis). Measures of gaps are NULL in a session of one event, which is never judged.
{{ config(
    materialized='incremental',
    meta={'scope': {'spans': ['visitor_id', 'started_at']}, 'stored_by': 'started_on'},
    unique_key=['session_id']
) }}

with

sessions as (
    select * from {{ ref('fct_sessions') }} as sessions
    where {{ in_spans('sessions.visitor_id', 'sessions.started_at') }}
),

gaps as (
    select
        session_id,
        {{ gap_measures() }}
    from {{ ref('int_event_gaps_measured') }} as gaps
    where {{ in_spans('gaps.visitor_id', 'gaps.session_started_at') }}
    group by session_id
),

measured as (
    select
        sessions.session_id,
        sessions.visitor_id,
        sessions.customer_id,
        sessions.started_at,
        sessions.started_on,
        sessions.event_count,
        coalesce(gaps.gap_count, 0) as gap_count,
        coalesce(gaps.rapid_event_count, 0) as rapid_event_count,
        {{ rate('gaps.rapid_event_count', 'gaps.gap_count') }} as rapid_event_rate,
        coalesce(gaps.max_events_per_minute, 1) as max_events_per_minute,
        gaps.median_gap_seconds,
        gaps.gap_variation
    from sessions
    left join gaps on sessions.session_id = gaps.session_id
),

with_bots as (
    select
        *,
        {{ is_likely_bot() }} as is_likely_bot
    from measured
),

judged as (
    select
        *,
        {{ is_impulsive() }} as is_impulsive
    from with_bots
),

final as (
    select
        *,
        {{ risk_level() }} as risk_level,
        {{ risk_reasons() }} as risk_reasons
    from judged
)

select * from final
