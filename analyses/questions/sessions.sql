-- The visits of all visitors, from the prepared files of the peers benchmark. Grain: one row per visitor_id and session_start.
with

events as (
    select
        visitor_id,
        event_at
    from {{ question_files('events') }}
),

{{ activity_islands('events') }},

final as (
    select
        visitor_id,
        started_at as session_start,
        ended_at as session_end,
        event_count as events
    from activity_islands
)

select * from final
