-- Question: which share of the traffic is made by machines, and what does the conversion rate look like without them?
-- How to read it: one row per month. Bots are visits of at least ten gaps between events, nearly all of them too fast for a hand and all
-- about as long (marts.session_risk says why). They are flagged and never deleted: both rates are here. A bot's share of the
-- events that is far above its share of the visits is a crawler; a gap between the two rates is what it hides.
select
    kpi_month,
    is_complete,
    visitor_count,
    bot_visitor_count,
    round(bot_visitor_count / nullif(visitor_count, 0), 4) as bot_visitor_share_rate,
    session_count,
    bot_session_count,
    round(bot_session_count / nullif(session_count, 0), 4) as bot_session_share_rate,
    bot_event_count,
    round(session_conversion_rate, 4) as session_conversion_rate,
    round(session_conversion_without_bots_rate, 4) as session_conversion_without_bots_rate
from marts.monthly_kpis
order by kpi_month asc nulls last;
