-- Sessions of the period by risk level and reasons.
select
    risk_level,
    risk_reasons,
    count(*) as session_count,
    sum(event_count)::bigint as event_count,
    count(distinct visitor_id) as visitor_count
from marts.session_risk
where started_on between $first and $last and risk_level <> 'low'
group by risk_level, risk_reasons
order by session_count desc, risk_level asc, risk_reasons asc
