-- Bots by day of the period; no share of fewer sessions than $fewest.
select
    kpi_date,
    session_count,
    bot_session_count,
    bot_visitor_count,
    event_count,
    bot_event_count,
    case when session_count >= $fewest then bot_session_count / session_count end as bot_session_rate,
    case when session_count >= $fewest then session_conversion_rate end as session_conversion_rate,
    case
        when session_count - bot_session_count >= $fewest then session_conversion_without_bots_rate
    end as session_conversion_without_bots_rate
from marts.daily_kpis
where kpi_date between $first and $last
order by kpi_date
