-- Flagged customers over all their visits, bots first; at most 500, and how many there are in all.
with flagged as (
    select
        *,
        count(*) over () as flagged_count
    from marts.customer_risk
    where risk_level <> 'low' and customer_id is not null
    order by is_likely_bot desc, rapid_event_count desc, shopper_id asc
    limit 500
)

select
    flagged.customer_id,
    people.customer_name,
    people.email,
    flagged.risk_level,
    flagged.risk_reasons,
    flagged.is_likely_bot,
    flagged.is_impulsive,
    flagged.session_count,
    flagged.bot_session_count,
    flagged.impulsive_session_count,
    flagged.rapid_event_count,
    flagged.rapid_event_rate,
    flagged.max_events_per_minute,
    flagged.flagged_count
from flagged
left join marts.dim_customers as people on flagged.customer_id = people.customer_id
order by flagged.is_likely_bot desc, flagged.rapid_event_count desc, flagged.shopper_id asc
