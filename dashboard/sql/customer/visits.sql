-- The customer's sessions per week or month up to the as-of date, at most 60 periods; a period without any is 0.
with today as (
    select as_of_date
    from serving.publication
),

own as (
    select
        date_trunc($grain, sessions.started_on)::date as period_start,
        count(*) as session_count,
        sum(sessions.event_count)::bigint as event_count,
        sum(sessions.order_count)::bigint as order_count
    from marts.fct_sessions as sessions
    inner join today on sessions.started_on <= today.as_of_date
    where sessions.customer_id = $customer
    group by date_trunc($grain, sessions.started_on)
),

periods as (
    select
        unnest(
            generate_series(
                (select min(own.period_start) from own)::timestamp,
                (select date_trunc($grain, today.as_of_date) from today)::timestamp,
                case $grain when 'week' then to_days(7) else to_months(1) end
            )
        )::date as period_start
)

select
    periods.period_start,
    coalesce(own.session_count, 0) as session_count,
    coalesce(own.event_count, 0) as event_count,
    coalesce(own.order_count, 0) as order_count
from periods
left join own on periods.period_start = own.period_start
order by periods.period_start desc
limit 60
