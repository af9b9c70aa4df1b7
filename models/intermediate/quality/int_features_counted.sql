-- How the rows of a day, and those that it is held against, spread over bins. Grain: one row per feature, measured_on and bin.
-- Bins are those of the reference: for events of the calendar month before the day's, for customers of the snapshot before. Events
-- are dated by their landing, where the source tells it: what is wrong with a delivery shows on the day it lands, and a late event
-- never changes a day that has been judged. A day without a reference has no rows.
-- period is the span in which a row serves as reference, reference_period the one that it is held against.
with

events as (
    select * from {{ ref('int_event_features_counted') }}
    where measured_on <= {{ as_of_date() }}
),

scores as (
    select * from {{ ref('int_customers_scored') }}
),

customers as (
    select * from {{ ref('int_customers_snapshotted') }}
),

snapshots as (
    select
        snapshot_on,
        lag(snapshot_on) over (order by snapshot_on nulls last) as previous_snapshot_on
    from {{ ref('int_snapshot_dates') }}
),

levels as (
    select
        feature,
        measured_on,
        cast(date_trunc('month', measured_on) as date) as period,
        {{ month_before('measured_on') }} as reference_period,
        {{ level_bin('level') }} as bin,
        row_count
    from events
    where {{ is_feature_of_kind('category') }}
),

level_references as (
    select
        feature,
        period,
        bin,
        sum(row_count) as row_count
    from levels
    group by feature, period, bin
),

numbers as (
    select
        feature,
        measured_on,
        cast(date_trunc('month', measured_on) as date) as period,
        {{ month_before('measured_on') }} as reference_period,
        number_value,
        row_count
    from events
    where feature = 'amount'

    union all

    select
        'engagement_score' as feature,
        scores.snapshot_on as measured_on,
        scores.snapshot_on as period,
        snapshots.previous_snapshot_on as reference_period,
        scores.engagement_score as number_value,
        count(*) as row_count
    from scores
    inner join snapshots on scores.snapshot_on = snapshots.snapshot_on
    group by 2, 3, 4, 5

    union all

    select
        'session_count_30_days' as feature,
        customers.snapshot_on as measured_on,
        customers.snapshot_on as period,
        snapshots.previous_snapshot_on as reference_period,
        cast(customers.session_count_30_days as double) as number_value,
        count(*) as row_count
    from customers
    inner join snapshots on customers.snapshot_on = snapshots.snapshot_on
    group by 2, 3, 4, 5
),

-- A month's values in order, each with the rows up to it: tenths are found without a row for every event.
values_of_periods as (
    select
        feature,
        period,
        number_value,
        sum(case when number_value is null then 0 else row_count end) as row_count
    from numbers
    group by feature, period, number_value
),

values_in_order as (
    select
        feature,
        period,
        number_value,
        sum(row_count) over (
            partition by feature, period
            order by number_value nulls last
            rows between unbounded preceding and current row
        ) as rows_so_far,
        sum(row_count) over (partition by feature, period) as row_count
    from values_of_periods
),

bounds as (
    select
        feature,
        period,
        {{ number_bounds() }}
    from values_in_order
    group by feature, period
),

number_references as (
    select
        numbers.feature,
        numbers.period,
        {{ number_bin('numbers.number_value', 'bounds') }} as bin,
        sum(numbers.row_count) as row_count
    from numbers
    inner join bounds on numbers.feature = bounds.feature and numbers.period = bounds.period
    group by 1, 2, 3
),

-- References are the right side of a left join, and their absence is dropped further down: a level that nobody has seen is a bin.
measured as (
    select
        levels.feature,
        levels.measured_on,
        levels.reference_period,
        case when levels.bin = 'null' or level_references.bin is not null then levels.bin else 'unseen' end as bin,
        sum(levels.row_count) as row_count
    from levels
    left join level_references
        on
            levels.feature = level_references.feature
            and levels.reference_period = level_references.period
            and levels.bin = level_references.bin
    group by 1, 2, 3, 4

    union all

    select
        numbers.feature,
        numbers.measured_on,
        numbers.reference_period,
        {{ number_bin('numbers.number_value', 'bounds') }} as bin,
        sum(numbers.row_count) as row_count
    from numbers
    inner join bounds on numbers.feature = bounds.feature and numbers.reference_period = bounds.period
    group by 1, 2, 3, 4
),

reference_rows as (
    select * from level_references
    union all
    select * from number_references
),

measured_days as (
    select distinct
        feature,
        measured_on,
        reference_period
    from measured
    where exists (
        select 1
        from reference_rows
        where
            reference_rows.feature = measured.feature
            and reference_rows.period = measured.reference_period
    )
),

both_sides as (
    select
        measured_days.feature,
        measured_days.measured_on,
        measured_days.reference_period,
        measured.bin,
        measured.row_count,
        0 as reference_row_count
    from measured_days
    inner join measured on measured_days.feature = measured.feature and measured_days.measured_on = measured.measured_on

    union all

    select
        measured_days.feature,
        measured_days.measured_on,
        measured_days.reference_period,
        reference_rows.bin,
        0 as row_count,
        reference_rows.row_count as reference_row_count
    from measured_days
    inner join reference_rows
        on
            measured_days.feature = reference_rows.feature
            and measured_days.reference_period = reference_rows.period
),

final as (
    select
        feature,
        measured_on,
        reference_period,
        bin,
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(reference_row_count) as bigint) as reference_row_count
    from both_sides
    group by feature, measured_on, reference_period, bin
)

select * from final
