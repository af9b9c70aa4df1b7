-- Days on which far more or far less came than on the same weekdays before. Grain: one row per subject and measured_on: every day from
-- the subject's first to the as-of date, 0 where nothing came. Tables are counted as they land, events by the day of arrival (of the
-- event, where the source tells none), orders by the day of the order. The median of up to volume_reference_weeks same weekdays is
-- what a day is held against, its own day left out; NULL where there is no such day.
with

reconciliation as (
    select * from {{ ref('row_reconciliation') }}
),

events as (
    select * from {{ ref('int_event_features_counted') }}
    where feature = 'event_type'
),

orders as (
    select * from {{ ref('fct_orders') }}
),

counts as (
    select
        'table' as subject_type,
        source_table as subject,
        landed_on as measured_on,
        landed_count as row_count
    from reconciliation
    where {{ known_landing_day('landed_on') }} is not null

    union all

    select
        'event_type' as subject_type,
        level as subject,
        measured_on,
        row_count
    from events

    union all

    select
        'orders' as subject_type,
        'orders' as subject,
        ordered_on as measured_on,
        count(*) as row_count
    from orders
    where
        ordered_on is not null
        and not is_inferred
    group by ordered_on
),

subjects as (
    select
        subject_type,
        subject,
        min(measured_on) as first_on
    from counts
    group by subject_type, subject
),

day_numbers as (
    select day_number
    from {{ number_series(
        'numbers',
        'day_number',
        '(select coalesce(max(' ~ days_between('first_on', as_of_date()) ~ '), -1) + 1 from subjects)'
    ) }}
),

days as (
    select
        subjects.subject_type,
        subjects.subject,
        subjects.first_on,
        subjects.first_on + cast(day_numbers.day_number as integer) as measured_on
    from subjects
    cross join day_numbers
    where subjects.first_on + cast(day_numbers.day_number as integer) <= {{ as_of_date() }}
),

dense_counts as (
    select
        days.subject_type,
        days.subject,
        days.measured_on,
        coalesce(counts.row_count, 0) as row_count
    from days
    left join counts
        on
            days.subject_type = counts.subject_type
            and days.subject = counts.subject
            and days.measured_on = counts.measured_on
),

weeks as (
    select cast(week_number as integer) + 1 as week_number
    from {{ number_series('numbers', 'week_number', whole_variable('volume_reference_weeks')) }}
),

reference_counts as (
    select
        dense_counts.subject_type,
        dense_counts.subject,
        dense_counts.measured_on + 7 * weeks.week_number as measured_on,
        dense_counts.row_count
    from dense_counts
    cross join weeks
),

medians as (
    select
        subject_type,
        subject,
        measured_on,
        count(*) as reference_day_count,
        percentile_cont(0.5) within group (order by cast(row_count as double)) as median_row_count
    from reference_counts
    group by subject_type, subject, measured_on
),

deviations as (
    select
        medians.subject_type,
        medians.subject,
        medians.measured_on,
        medians.reference_day_count,
        medians.median_row_count,
        percentile_cont(0.5) within group (order by abs(reference_counts.row_count - medians.median_row_count))
            as mad_row_count
    from medians
    inner join reference_counts
        on
            medians.subject_type = reference_counts.subject_type
            and medians.subject = reference_counts.subject
            and medians.measured_on = reference_counts.measured_on
    group by 1, 2, 3, 4, 5
),

compared as (
    select
        dense_counts.subject_type,
        dense_counts.subject,
        dense_counts.measured_on,
        dense_counts.row_count,
        {{ iso_weekday('dense_counts.measured_on') }} as weekday,
        coalesce(deviations.reference_day_count, 0) as reference_day_count,
        deviations.median_row_count,
        deviations.mad_row_count,
        {{ robust_z('dense_counts.row_count', 'deviations.median_row_count', 'deviations.mad_row_count') }} as robust_z,
        {{ rate('dense_counts.row_count', 'deviations.median_row_count') }} - 1 as change_rate
    from dense_counts
    left join deviations
        on
            dense_counts.subject_type = deviations.subject_type
            and dense_counts.subject = deviations.subject
            and dense_counts.measured_on = deviations.measured_on
),

judged as (
    select
        *,
        reference_day_count >= {{ whole_variable('volume_min_weeks') }}
        and coalesce(median_row_count >= {{ var('volume_min_rows') }}, false) as is_measurable
    from compared
),

with_anomalies as (
    select
        *,
        is_measurable and {{ is_volume_anomaly('robust_z', 'change_rate') }} as is_anomaly
    from judged
),

final as (
    select
        subject_type,
        subject,
        measured_on,
        row_count,
        weekday,
        reference_day_count,
        median_row_count,
        mad_row_count,
        robust_z,
        change_rate,
        is_measurable,
        is_anomaly,
        case
            when not is_anomaly then null
            when robust_z > 0 then 'more'
            else 'fewer'
        end as direction
    from with_anomalies
)

select * from final
