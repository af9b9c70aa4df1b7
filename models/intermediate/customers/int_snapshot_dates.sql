-- The days at which customers are looked at: every month end before the as-of date, and the as-of date itself. Grain: one row per
-- snapshot_on. Nothing accepted gives no rows.
with

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
    where as_of_date >= first_date
),

bounds as (
    select
        first_date,
        as_of_date,
        {{ days_between('first_date', 'as_of_date') }} + 1 as day_count
    from as_of_dates
),

days as (
    select
        bounds.first_date + cast(day_numbers.day_number as integer) as day_on,
        bounds.as_of_date
    from {{ number_series('day_numbers', 'day_number', '(select coalesce(max(bounds.day_count), 0) from bounds)') }}
    cross join bounds
),

snapshots as (
    select
        day_on as snapshot_on,
        day_on = as_of_date as is_latest
    from days
    where
        day_on = last_day(day_on)
        or day_on = as_of_date
),

final as (
    select
        snapshot_on,
        cast(row_number() over (order by snapshot_on nulls last) as integer) as snapshot_number,
        is_latest
    from snapshots
)

select * from final
