-- The furthest that each unit got in each funnel. Grain: one row per funnel, unit, unit_id and scope_value.
-- Units are visitors and sessions. The chain is the one that reached the furthest step first; its steps are dated by the
-- first event that took them from that entry.
-- A unit that never did what the second step wants got to the first step at most: it needs no window, and most are so.
-- Of its events the chain keeps what funnels are broken down by: of the entry who, where and what was looked at, of the first attempt how
-- it was to be paid.
-- In an increment the touched sessions are followed anew, and each touched visitor from one window before the first touched time on: what
-- was entered earlier and stands in this table ended before anything is another. The better of the two is the visitor's. Where events may
-- be gone a better chain may be gone with them, so that visitor is followed from the beginning.
{{ config(materialized='incremental', meta={'scope': funnel_scope()}) }}

{%- set is_followed_on = not execute or is_increment() %}
{%- set of_those_followed -%}
    {%- if is_followed_on -%}
    inner join followed_visitors
        on
            events.visitor_id = followed_visitors.visitor_id
            and events.event_at >= followed_visitors.followed_from
    {%- else -%}
    where {{ in_bucket('events.visitor_id') }}
    {%- endif -%}
{%- endset %}

with

{% if is_followed_on -%}
followed_visitors as (
    select
        visitor_id,
        case
            when bool_or(has_changed_events) then timestamp '1900-01-01 00:00:00'
            else min(span_started_at) - interval {{ whole_variable('conversion_window_hours') }} hour
        end as followed_from
    from {{ ref('int_event_spans_touched') }}
    group by visitor_id
),

{% endif -%}
followed_events as (
    select
        events.*,
        {{ epoch_us('events.event_at') }} as event_us
    from {{ ref('int_funnel_events') }} as events
    {{ of_those_followed }}
),

events as (
    select events.*
    from {{ ref('int_events_sessionized') }} as events
    {{ of_those_followed }}
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
    select
        funnel,
        'visitor' as unit,
        visitor_id as unit_id,
        visitor_id,
        scope_value,
        step_number,
        event_id,
        event_us
    from followed_events

    union all

    select
        funnel,
        'session' as unit,
        session_id as unit_id,
        visitor_id,
        scope_value,
        step_number,
        event_id,
        event_us
    from followed_events
    where {{ in_spans('followed_events.visitor_id', 'followed_events.event_at', of='int_event_spans_touched') if is_followed_on else 'true' }}
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
        min_by(units.event_id, (units.event_us, units.event_id))
            filter (where first_payment_steps.payment_step_number = 1) as payment_event_id,
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
    left join first_payment_steps on units.funnel = first_payment_steps.funnel
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

dated_chains as (
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
),

entries as (
    select
        event_id,
        product_id,
        device_type,
        traffic_channel,
        country
    from events
    where event_type in (select steps.event_type from steps where steps.step_number = 1)
),

attempts as (
    select
        event_id,
        payment_method,
        gateway
    from events
    where event_type = 'payment_attempted'
),

told_chains as (
    select
        dated_chains.*,
        entries.product_id,
        entries.device_type,
        entries.traffic_channel,
        entries.country,
        attempts.payment_method,
        attempts.gateway
    from dated_chains
    left join entries on dated_chains.entry_event_id = entries.event_id
    left join attempts on dated_chains.payment_event_id = attempts.event_id
),

{% if is_followed_on -%}
candidates as (
    select * from told_chains

    union all

    select kept.*
    from {{ this }} as kept
    inner join followed_visitors
        on
            kept.visitor_id = followed_visitors.visitor_id
            and kept.entered_at < followed_visitors.followed_from
    where kept.unit = 'visitor'
),

-- Two chains that got equally far did so by different events, never at the same time.
ranked_candidates as (
    select
        *,
        row_number() over (
            partition by funnel, unit, unit_id, scope_value
            order by
                furthest_step_number desc nulls last,
                case furthest_step_number
                    {%- for step in range(1, funnel_max_steps() + 1) %}
                    when {{ step }} then step_{{ step }}_at
                    {%- endfor %}
                end nulls last
        ) as candidate_number
    from candidates
),

final as (
    select * except (candidate_number)
    from ranked_candidates
    where candidate_number = 1
)
{%- else -%}
final as (
    select * from told_chains
)
{%- endif %}

select * from final
