-- Where units are lost, overall and by breakdown. Grain: one row per funnel, unit, breakdown, breakdown_value and step.
-- Mature units only, counted by all breakdowns at once first: few rows then meet each breakdown. Maturity is asked for while counting: as a
-- condition it makes the engine expect few rows, and join tens of millions the wrong way round (55 seconds instead of 10).
-- Each rate has its counts beside it and Wilson's 95 % interval; a NULL value is 'unknown'.
with

conversions as (
    select
        funnel,
        unit,
        {%- for breakdown in funnel_breakdowns() %}
        coalesce({{ breakdown }}, 'unknown') as {{ breakdown }},
        {%- endfor %}
        furthest_step_number,
        is_mature
    from {{ ref('funnel_conversions') }}
),

combinations as (
    select
        funnel,
        unit,
        {{ funnel_breakdowns() | join(', ') }},
        furthest_step_number,
        count(*) filter (where is_mature) as unit_count
    from conversions
    group by funnel, unit, {{ funnel_breakdowns() | join(', ') }}, furthest_step_number
    having count(*) filter (where is_mature) > 0
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

grouped as (
    select
        funnel,
        unit,
        furthest_step_number,
        case
            {%- for breakdown in funnel_breakdowns() %}
            when grouping({{ breakdown }}) = 0 then '{{ breakdown }}'
            {%- endfor %}
            else 'all'
        end as breakdown,
        coalesce({{ funnel_breakdowns() | join(', ') }}, 'all') as breakdown_value,
        sum(unit_count) as unit_count
    from combinations
    group by grouping sets (
        (funnel, unit, furthest_step_number)
        {%- for breakdown in funnel_breakdowns() %},
        (funnel, unit, furthest_step_number, {{ breakdown }})
        {%- endfor %}
    )
),

reached as (
    select
        grouped.funnel,
        grouped.unit,
        grouped.breakdown,
        grouped.breakdown_value,
        cast(steps.step_number as integer) as step_number,
        steps.step_name,
        cast(sum(grouped.unit_count) as bigint) as entered_count,
        cast(coalesce(sum(grouped.unit_count) filter (where grouped.furthest_step_number >= steps.step_number), 0) as bigint)
            as reached_count,
        cast(coalesce(sum(grouped.unit_count) filter (where grouped.furthest_step_number >= steps.step_number - 1), 0) as bigint)
            as previous_count
    from grouped
    inner join steps on grouped.funnel = steps.funnel
    group by
        grouped.funnel,
        grouped.unit,
        grouped.breakdown,
        grouped.breakdown_value,
        steps.step_number,
        steps.step_name
),

final as (
    select
        funnel,
        unit,
        breakdown,
        breakdown_value,
        step_number,
        step_name,
        entered_count,
        previous_count,
        reached_count,
        previous_count - reached_count as dropped_count,
        {{ rate('reached_count', 'previous_count') }} as step_rate,
        {{ wilson_bound('reached_count', 'previous_count', 'low') }} as step_rate_low,
        {{ wilson_bound('reached_count', 'previous_count', 'high') }} as step_rate_high,
        {{ rate('reached_count', 'entered_count') }} as overall_rate,
        {{ wilson_bound('reached_count', 'entered_count', 'low') }} as overall_rate_low,
        {{ wilson_bound('reached_count', 'entered_count', 'high') }} as overall_rate_high
    from reached
)

select * from final
