-- The furthest that each unit got in each funnel. Grain: one row per funnel, unit, unit_id and scope_value.
-- Units are visitors and sessions. The chain is the one that reached the furthest step first; its steps are dated by the
-- first event that took them from that entry.
-- A unit that never did what the second step wants got to the first step at most: it needs no window, and most are so.
-- In an increment all of a touched visitor is followed anew, and the touched ones of all sessions.
{{ config(materialized='incremental', meta={'scope': funnel_scope('int_event_spans_touched')}) }}

with

visitor_events as (
    select
        *,
        visitor_id as unit_id
    from {{ ref('int_funnel_events') }}
    where {{ of_touched_visitors('visitor_id', of='int_event_spans_touched') }}
),

session_events as (
    select
        *,
        session_id as unit_id
    from {{ ref('int_funnel_events') }} as events
    where {{ in_spans('events.visitor_id', 'events.event_at', of='int_event_spans_touched') }}
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
        unit_id,
        visitor_id,
        scope_value,
        step_number,
        event_id,
        {{ epoch_us('event_at') }} as event_us
    from {{ unit }}_events
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- The number stands for the four columns while the windows run: sorting integers is several times cheaper than sorting text.
contending_units as (
    select
        funnel,
        unit,
        unit_id,
        scope_value,
        min(visitor_id) as visitor_id,
        row_number() over (
            order by funnel nulls last, unit nulls last, unit_id nulls last, scope_value nulls last
        ) as unit_number
    from units
    where step_number = 2
    group by funnel, unit, unit_id, scope_value
),

contenders as (
    select
        contending_units.unit_number,
        units.step_number,
        units.event_id,
        units.event_us
    from units
    inner join contending_units
        on
            units.funnel = contending_units.funnel
            and units.unit = contending_units.unit
            and units.unit_id = contending_units.unit_id
            and units.scope_value = contending_units.scope_value
),

{{ windowed_funnel('contenders', 'unit_number', longest_funnel()) }},

reached as (
    select * from windowed_funnel
),

furthest as (
    select
        unit_number,
        max(step_number) as furthest_step_number,
        min_by(reached_entry_us, (-step_number, event_us)) as entry_us
    from reached
    group by unit_number
),

furthest_units as (
    select
        contending_units.*,
        furthest.furthest_step_number,
        furthest.entry_us,
        first_payment_steps.payment_step_number
    from furthest
    inner join contending_units on furthest.unit_number = contending_units.unit_number
    left join first_payment_steps on contending_units.funnel = first_payment_steps.funnel
),

contender_chains as (
    select
        furthest_units.funnel,
        furthest_units.unit,
        furthest_units.unit_id,
        furthest_units.scope_value,
        furthest_units.visitor_id,
        furthest_units.furthest_step_number,
        min(reached.event_id) filter (where reached.step_number = 1) as entry_event_id,
        min_by(reached.event_id, (reached.event_us, reached.event_id))
            filter (where reached.step_number = furthest_units.payment_step_number) as payment_event_id
        {%- for step in range(1, funnel_max_steps() + 1) %},
        min(reached.event_us) filter (where reached.step_number = {{ step }}) as step_{{ step }}_us
        {%- endfor %}
    from furthest_units
    inner join reached
        on
            furthest_units.unit_number = reached.unit_number
            and furthest_units.entry_us = reached.reached_entry_us
    group by
        furthest_units.funnel,
        furthest_units.unit,
        furthest_units.unit_id,
        furthest_units.scope_value,
        furthest_units.visitor_id,
        furthest_units.furthest_step_number
),

bystander_chains as (
    select
        units.funnel,
        units.unit,
        units.unit_id,
        units.scope_value,
        min(units.visitor_id) as visitor_id,
        1 as furthest_step_number,
        min_by(units.event_id, (units.event_us, units.event_id)) as entry_event_id,
        cast(null as {{ dbt.type_string() }}) as payment_event_id,
        min(units.event_us) as step_1_us
        {%- for step in range(2, funnel_max_steps() + 1) %},
        cast(null as bigint) as step_{{ step }}_us
        {%- endfor %}
    from units
    left join contending_units
        on
            units.funnel = contending_units.funnel
            and units.unit = contending_units.unit
            and units.unit_id = contending_units.unit_id
            and units.scope_value = contending_units.scope_value
    where
        units.step_number = 1
        and contending_units.unit_number is null
    group by units.funnel, units.unit, units.unit_id, units.scope_value
),

chains as (
    select * from contender_chains
    union all
    select * from bystander_chains
),

final as (
    select
        funnel,
        unit,
        unit_id,
        scope_value,
        visitor_id,
        furthest_step_number,
        {{ timestamp_from_us('step_1_us') }} as entered_at,
        entry_event_id,
        payment_event_id
        {%- for step in range(1, funnel_max_steps() + 1) %},
        {{ timestamp_from_us('step_' ~ step ~ '_us') }} as step_{{ step }}_at
        {%- endfor %}
    from chains
)

select * from final
