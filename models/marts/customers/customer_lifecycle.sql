-- Who is new, who stays, who comes back and who stays away, per week and month. Grain: one row per activity, period and
-- period_start; every period from the first with activity to the as-of one, zeros where nothing happened. Each active
-- customer is exactly one of new, returning and resurrecting; each customer of the period before is exactly one of
-- returning and dormant.
with

customer_days as (
    select * from {{ ref('int_customer_days_active') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
    where as_of_date >= first_date
),

bounds as (
    select
        first_date,
        {{ days_between('first_date', 'as_of_date') }} + 1 as day_count
    from as_of_dates
),

days as (
    select bounds.first_date + cast(day_numbers.day_number as integer) as day_on
    from {{ number_series('day_numbers', 'day_number', '(select coalesce(max(bounds.day_count), 0) from bounds)') }}
    cross join bounds
),

calendar as (
    {% for period in ['week', 'month'] -%}
    select distinct
        '{{ period }}' as period,
        {{ period_start(period, 'day_on') }} as period_start,
        {{ period_end(period, period_start(period, 'day_on')) }} as period_end,
        {{ period_start(period, period_start(period, 'day_on') ~ ' - 1') }} as period_before
    from days
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

activity_days as (
    select
        'active' as activity,
        customer_id,
        active_on
    from customer_days

    union all

    select
        'ordered' as activity,
        customer_id,
        active_on
    from customer_days
    where has_order
),

customer_periods as (
    {% for period in ['week', 'month'] -%}
    select distinct
        activity,
        '{{ period }}' as period,
        customer_id,
        {{ period_start(period, 'active_on') }} as period_start
    from activity_days
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

with_neighbours as (
    select
        *,
        lag(period_start) over customer_in_order as active_before,
        lead(period_start) over customer_in_order as active_after
    from customer_periods
    window customer_in_order as (partition by activity, period, customer_id order by period_start nulls last)
),

active_totals as (
    select
        customers.activity,
        calendar.period,
        calendar.period_start,
        count(*) as active_customer_count,
        count(*) filter (where customers.active_before is null) as new_customer_count,
        count(*) filter (where customers.active_before = calendar.period_before) as returning_count,
        count(*) filter (where customers.active_before < calendar.period_before) as resurrecting_count
    from with_neighbours as customers
    inner join calendar
        on
            customers.period = calendar.period
            and customers.period_start = calendar.period_start
    group by customers.activity, calendar.period, calendar.period_start
),

-- Whoever is not active in the next period either is dormant there, once.
dormant_totals as (
    select
        customers.activity,
        calendar.period,
        calendar.period_start,
        count(*) as dormant_count
    from with_neighbours as customers
    inner join calendar
        on
            customers.period = calendar.period
            and customers.period_start = calendar.period_before
    where
        customers.active_after is null
        or customers.active_after > calendar.period_start
    group by customers.activity, calendar.period, calendar.period_start
),

first_periods as (
    select
        activity,
        period,
        min(period_start) as period_start
    from customer_periods
    group by activity, period
),

joined as (
    select
        first_periods.activity,
        calendar.period,
        calendar.period_start,
        coalesce(active_totals.active_customer_count, 0) as active_customer_count,
        coalesce(active_totals.new_customer_count, 0) as new_customer_count,
        coalesce(active_totals.returning_count, 0) as returning_count,
        coalesce(active_totals.resurrecting_count, 0) as resurrecting_count,
        coalesce(dormant_totals.dormant_count, 0) as dormant_count,
        calendar.period_end <= as_of_dates.as_of_date
        and calendar.period_start >= as_of_dates.first_date as is_complete
    from first_periods
    inner join calendar
        on
            first_periods.period = calendar.period
            and first_periods.period_start <= calendar.period_start
    cross join as_of_dates
    left join active_totals
        on
            first_periods.activity = active_totals.activity
            and calendar.period = active_totals.period
            and calendar.period_start = active_totals.period_start
    left join dormant_totals
        on
            first_periods.activity = dormant_totals.activity
            and calendar.period = dormant_totals.period
            and calendar.period_start = dormant_totals.period_start
),

final as (
    select
        activity,
        period,
        period_start,
        active_customer_count,
        new_customer_count,
        returning_count,
        resurrecting_count,
        dormant_count,
        {{ rate('(new_customer_count + resurrecting_count)', 'dormant_count') }} as quick_ratio,
        is_complete
    from joined
)

select * from final
