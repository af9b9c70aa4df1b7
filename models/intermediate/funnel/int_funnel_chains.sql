-- The furthest that each unit got in each funnel. Grain: one row per funnel, unit, unit_id and scope_value.
-- Units are visitors and sessions. The chain is the one that reached the furthest step first; its steps are dated by the
-- first event that took them from that entry.
with

funnel_events as (
    select * from {{ ref('int_funnel_events') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
),

first_payment_steps as (
    select
        funnel,
        min(step_number) as payment_step_number
    from steps
    where event_type = 'payment_attempted'
    group by funnel
),

units as (
    {%- for unit in ['visitor', 'session'] %}
    select
        funnel,
        '{{ unit }}' as unit,
        {{ unit }}_id as unit_id,
        scope_value,
        step_number,
        event_id,
        event_at,
        {{ epoch_us('event_at') }} as event_us
    from funnel_events
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

{{ windowed_funnel('units', 'funnel, unit, unit_id, scope_value', longest_funnel()) }},

reached as (
    select * from windowed_funnel
    where reached_entry_us is not null
),

furthest as (
    select
        funnel,
        unit,
        unit_id,
        scope_value,
        max(step_number) as furthest_step_number,
        min_by(reached_entry_us, (-step_number, event_us)) as entry_us
    from reached
    group by funnel, unit, unit_id, scope_value
),

final as (
    select
        furthest.funnel,
        furthest.unit,
        furthest.unit_id,
        furthest.scope_value,
        furthest.furthest_step_number,
        min(reached.event_at) filter (where reached.step_number = 1) as entered_at,
        min(reached.event_id) filter (where reached.step_number = 1) as entry_event_id,
        min_by(reached.event_id, (reached.event_us, reached.event_id))
            filter (where reached.step_number = first_payment_steps.payment_step_number) as payment_event_id
        {%- for step in range(1, funnel_max_steps() + 1) %},
        min(reached.event_at) filter (where reached.step_number = {{ step }}) as step_{{ step }}_at
        {%- endfor %}
    from furthest
    inner join reached
        on
            furthest.funnel = reached.funnel
            and furthest.unit = reached.unit
            and furthest.unit_id = reached.unit_id
            and furthest.scope_value = reached.scope_value
            and furthest.entry_us = reached.reached_entry_us
    left join first_payment_steps on furthest.funnel = first_payment_steps.funnel
    group by
        furthest.funnel,
        furthest.unit,
        furthest.unit_id,
        furthest.scope_value,
        furthest.furthest_step_number
)

select * from final
