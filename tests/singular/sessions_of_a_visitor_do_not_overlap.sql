-- Guards against one visit told as two at the same time. Also: the pause before a session that inactivity began is longer
-- than the timeout, and the pause before one that a cut began is not. Prints the sessions that break this.
with

with_previous as (
    select
        session_id,
        visitor_id,
        started_at,
        session_split_cause,
        lag(ended_at) over (partition by visitor_id order by started_at nulls last) as previous_ended_at
    from {{ ref('fct_sessions') }}
)

select *
from with_previous
where
    started_at <= previous_ended_at
    or (session_split_cause = 'first_event') <> (previous_ended_at is null)
    or (
        previous_ended_at is not null
        and (session_split_cause = 'inactivity') <> ({{ is_after_timeout('started_at', 'previous_ended_at') }})
    )
