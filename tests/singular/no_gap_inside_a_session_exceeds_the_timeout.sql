-- Guards against two visits told as one. Prints the events that come later than the timeout after the one before, in the
-- same session.
select
    events.session_id,
    events.event_id,
    events.event_at,
    events.previous_event_at
from {{ ref('int_events_sessionized') }} as events
where
    events.event_at > events.session_started_at
    and {{ is_after_timeout('events.event_at', 'events.previous_event_at') }}
