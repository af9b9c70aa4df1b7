-- How often people come, day by day: active on the day, in the 7 and in the 30 days up to it. Grain: one row per unit
-- (customer, visitor) and activity_date, every date from the unit's first active day to the as-of date. An active day
-- keeps somebody among the monthly active until the next one or for 30 days, whichever is shorter: so each active day
-- adds one at its start and takes one away at its end, and nothing is multiplied by 30.
with

customer_days as (
    select * from {{ ref('int_customer_days_active') }}
),

visitor_days as (
    select * from {{ ref('int_visitor_days_counted') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

unit_days as (
    select
        'customer' as unit,
        customer_id as unit_id,
        active_on
    from customer_days

    union all

    select distinct
        'visitor' as unit,
        visitor_days.visitor_id as unit_id,
        visitor_days.event_date as active_on
    from visitor_days
    inner join as_of_dates on visitor_days.event_date <= as_of_dates.as_of_date
),

-- least() skips the NULL after the last active day.
spells as (
    select
        unit,
        active_on,
        least(active_on + cast(7 as integer), lead(active_on) over unit_in_order) as weekly_until,
        least(active_on + cast(30 as integer), lead(active_on) over unit_in_order) as monthly_until
    from unit_days
    window unit_in_order as (partition by unit, unit_id order by active_on nulls last)
),

changes as (
    select
        unit,
        active_on as changed_on,
        count(*) as started_count,
        0 as weekly_ended_count,
        0 as monthly_ended_count
    from spells
    group by unit, active_on

    union all

    select
        unit,
        weekly_until as changed_on,
        0 as started_count,
        count(*) as weekly_ended_count,
        0 as monthly_ended_count
    from spells
    group by unit, weekly_until

    union all

    select
        unit,
        monthly_until as changed_on,
        0 as started_count,
        0 as weekly_ended_count,
        count(*) as monthly_ended_count
    from spells
    group by unit, monthly_until
),

daily_changes as (
    select
        unit,
        changed_on,
        cast(sum(started_count) as bigint) as started_count,
        cast(sum(weekly_ended_count) as bigint) as weekly_ended_count,
        cast(sum(monthly_ended_count) as bigint) as monthly_ended_count
    from changes
    group by unit, changed_on
),

bounds as (
    select
        unit_days.unit,
        min(unit_days.active_on) as first_on,
        {{ days_between('min(unit_days.active_on)', 'max(as_of_dates.as_of_date)') }} + 1 as day_count
    from unit_days
    cross join as_of_dates
    group by unit_days.unit
),

dates as (
    select
        bounds.unit,
        bounds.first_on + cast(day_numbers.day_number as integer) as activity_date
    from {{ number_series('day_numbers', 'day_number', '(select coalesce(max(bounds.day_count), 0) from bounds)') }}
    inner join bounds on day_numbers.day_number < bounds.day_count
),

counted as (
    select
        dates.unit,
        dates.activity_date,
        coalesce(daily_changes.started_count, 0) as daily_active_count,
        cast(sum(daily_changes.started_count - daily_changes.weekly_ended_count) over up_to_now as bigint)
            as weekly_active_count,
        cast(sum(daily_changes.started_count - daily_changes.monthly_ended_count) over up_to_now as bigint)
            as monthly_active_count,
        cast(sum(daily_changes.started_count) over last_30_days as bigint) as active_day_count
    from dates
    left join daily_changes
        on
            dates.unit = daily_changes.unit
            and dates.activity_date = daily_changes.changed_on
    window
        up_to_now as (
            partition by dates.unit order by dates.activity_date nulls last
            rows between unbounded preceding and current row
        ),
        last_30_days as (
            partition by dates.unit order by dates.activity_date nulls last
            rows between 29 preceding and current row
        )
),

final as (
    select
        counted.unit,
        counted.activity_date,
        counted.daily_active_count,
        counted.weekly_active_count,
        counted.monthly_active_count,
        {{ rate('counted.daily_active_count', 'counted.monthly_active_count') }} as stickiness_rate,
        {{ rate('counted.daily_active_count', 'counted.weekly_active_count') }} as weekly_stickiness_rate,
        {{ rate('counted.active_day_count', 'counted.monthly_active_count') }} as mean_active_days,
        counted.activity_date - 29 >= as_of_dates.first_date as is_complete
    from counted
    cross join as_of_dates
)

select * from final
