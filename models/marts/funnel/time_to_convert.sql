{%- set shares = [0.50, 0.75, 0.90, 0.95] -%}
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

measured as (
    select
        funnel,
        unit,
        step_number,
        count(*) as unit_count,
        {{ percentiles('seconds_from_entry', shares) }} as from_entry,
        {{ percentiles('seconds_from_previous', shares) }} as from_previous
    from durations
    group by funnel, unit, step_number
),

final as (
    select
        measured.funnel,
        measured.unit,
        cast(measured.step_number as integer) as step_number,
        steps.step_name,
        measured.unit_count
        {%- for origin in ['entry', 'previous'] %}
        {%- for share in shares %},
        {{ list_item('measured.from_' ~ origin, loop.index) }} as p{{ (share * 100) | round | int }}_seconds_from_{{ origin }}
        {%- endfor %}
        {%- endfor %}
    from measured
    inner join steps
        on
            measured.funnel = steps.funnel
            and measured.step_number = steps.step_number
)

select * from final
