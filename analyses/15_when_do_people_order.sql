-- Question: at which hours (UTC) do visits come, and at which do they end in an order?
-- How to read it: one row per hour of the visit's start. Many visits and a low rate is a time of browsing; payments that
-- fail at one hour show in marts.payment_outcomes (breakdown hour_of_day).
select
    cast(extract(hour from started_at) as integer) as hour_of_day,
    count(*) as session_count,
    count(*) filter (where order_count > 0) as ordering_session_count,
    round(avg(case when order_count > 0 then 1 else 0 end), 4) as conversion_rate,
    round(median(duration_seconds), 1) as median_duration_seconds
from marts.fct_sessions
group by hour_of_day
order by hour_of_day asc nulls last;
