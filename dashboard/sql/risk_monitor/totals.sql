-- Sessions of the period and of the one before, and how many of them look like a machine's, a hurry or a burst.
with sessions as (
    select
        started_on >= $first as is_now,
        is_likely_bot,
        is_impulsive,
        contains(risk_reasons, 'burst') as is_burst,
        event_count,
        rapid_event_count,
        gap_count
    from marts.session_risk
    where started_on between $before_first and $last
)

select
    count(*) filter (where is_now) as session_count,
    count(*) filter (where is_now and is_likely_bot) as bot_session_count,
    count(*) filter (where is_now and is_impulsive) as impulsive_session_count,
    count(*) filter (where is_now and is_burst) as burst_session_count,
    coalesce(sum(event_count) filter (where is_now), 0)::bigint as event_count,
    coalesce(sum(event_count) filter (where is_now and is_likely_bot), 0)::bigint as bot_event_count,
    coalesce(sum(rapid_event_count) filter (where is_now), 0)::bigint as rapid_event_count,
    coalesce(sum(gap_count) filter (where is_now), 0)::bigint as gap_count,
    count(*) filter (where not is_now) as before_session_count,
    count(*) filter (where not is_now and is_likely_bot) as before_bot_session_count,
    count(*) filter (where not is_now and is_impulsive) as before_impulsive_session_count,
    count(*) filter (where not is_now and is_burst) as before_burst_session_count,
    coalesce(sum(event_count) filter (where not is_now), 0)::bigint as before_event_count,
    coalesce(sum(event_count) filter (where not is_now and is_likely_bot), 0)::bigint as before_bot_event_count,
    coalesce(sum(rapid_event_count) filter (where not is_now), 0)::bigint as before_rapid_event_count,
    coalesce(sum(gap_count) filter (where not is_now), 0)::bigint as before_gap_count
from sessions
