-- How long each step takes. Grain: one row per funnel, unit and step_number from 2 on. Mature units that took the step.
-- Continuous percentiles, in seconds, from the entry and from the step before.
with

conversions as (
    select * from {{ ref('int_funnel_chains') }}
    where
        step_2_at is not null
        and {{ is_mature('entered_at') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

durations as (
    {%- for step in range(2, funnel_max_steps() + 1) %}
    select
        funnel,
        unit,
        {{ step }} as step_number,
        {{ seconds_between('entered_at', 'step_' ~ step ~ '_at') }} as seconds_from_entry,
        {{ seconds_between('step_' ~ (step - 1) ~ '_at', 'step_' ~ step ~ '_at') }} as seconds_from_previous
    from conversions
    where step_{{ step }}_at is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        durations.funnel,
        durations.unit,
        cast(durations.step_number as integer) as step_number,
        steps.step_name,
        count(*) as unit_count,
        percentile_cont(0.50) within group (order by cast(durations.seconds_from_entry as double)) as p50_seconds_from_entry,
        percentile_cont(0.75) within group (order by cast(durations.seconds_from_entry as double)) as p75_seconds_from_entry,
        percentile_cont(0.90) within group (order by cast(durations.seconds_from_entry as double)) as p90_seconds_from_entry,
        percentile_cont(0.95) within group (order by cast(durations.seconds_from_entry as double)) as p95_seconds_from_entry,
        percentile_cont(0.50) within group (order by cast(durations.seconds_from_previous as double)) as p50_seconds_from_previous,
        percentile_cont(0.75) within group (order by cast(durations.seconds_from_previous as double)) as p75_seconds_from_previous,
        percentile_cont(0.90) within group (order by cast(durations.seconds_from_previous as double)) as p90_seconds_from_previous,
        percentile_cont(0.95) within group (order by cast(durations.seconds_from_previous as double)) as p95_seconds_from_previous
    from durations
    inner join steps
        on
            durations.funnel = steps.funnel
            and durations.step_number = steps.step_number
    group by durations.funnel, durations.unit, durations.step_number, steps.step_name
)

select * from final
