-- The newest 200 flagged sessions of the period.
select
    customer_id,
    started_at,
    risk_level,
    risk_reasons,
    is_likely_bot,
    is_impulsive,
    event_count,
    rapid_event_rate,
    max_events_per_minute,
    median_gap_seconds,
    gap_variation,
    visitor_id,
    session_id
from marts.session_risk
where started_on between $first and $last and risk_level <> 'low'
order by started_at desc, session_id asc
limit 200
