-- Flagged devices on which nobody ever logged in, bots first; at most 500, and how many there are in all.
select
    shopper_id as visitor_id,
    risk_level,
    risk_reasons,
    is_likely_bot,
    is_impulsive,
    session_count,
    event_count,
    bot_session_count,
    rapid_event_count,
    rapid_event_rate,
    max_events_per_minute,
    count(*) over () as flagged_count
from marts.customer_risk
where risk_level <> 'low' and customer_id is null
order by is_likely_bot desc, rapid_event_count desc, shopper_id asc
limit 500
