-- Guards against customers lost between two periods: whoever is active is new, returning or resurrecting, and whoever
-- was active in the period before returns or is dormant. Prints the periods that do not add up.
with

periods as (
    select
        *,
        coalesce(
            lag(active_customer_count) over (partition by activity, period order by period_start nulls last), 0
        ) as active_before_count
    from {{ ref('customer_lifecycle') }}
)

select
    activity,
    period,
    period_start
from periods
where
    active_customer_count <> new_customer_count + returning_count + resurrecting_count
    or active_before_count <> returning_count + dormant_count
