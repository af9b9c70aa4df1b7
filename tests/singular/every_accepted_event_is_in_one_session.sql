-- Guards against events lost or counted twice on the way into sessions: then every funnel is wrong.
-- Prints visitors whose sessions do not hold exactly their accepted events.
with

accepted as (
    select
        visitor_id,
        count(*) as event_count
    from {{ ref('int_events_deduplicated') }}
    group by visitor_id
),

in_sessions as (
    select
        visitor_id,
        sum(event_count) as event_count
    from {{ ref('fct_sessions') }}
    group by visitor_id
)

select
    coalesce(accepted.visitor_id, in_sessions.visitor_id) as visitor_id,
    accepted.event_count as accepted_event_count,
    in_sessions.event_count as session_event_count
from accepted
full join in_sessions on accepted.visitor_id = in_sessions.visitor_id
where accepted.event_count is distinct from in_sessions.event_count
