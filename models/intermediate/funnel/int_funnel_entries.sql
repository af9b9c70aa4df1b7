-- Chains with what their events say: of the entry who, where and what was looked at, of the first attempt how it was to be paid.
-- Grain: one row per funnel, unit, unit_id and scope_value. Told once and kept: events are many, and an entry is looked up by id.
{{ config(materialized='incremental', meta={'scope': funnel_scope('int_spans_touched')}) }}

with

chains as (
    select * from {{ ref('int_funnel_chains') }} as chains
    where
        (chains.unit = 'visitor' and {{ of_touched_visitors('chains.visitor_id') }})
        or (chains.unit = 'session' and {{ in_spans('chains.visitor_id', 'chains.entered_at') }})
),

events as (
    select * from {{ ref('int_events_sessionized') }} as events
    where {{ of_touched_visitors('events.visitor_id') }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

entries as (
    select
        events.event_id,
        events.product_id,
        events.device_type,
        events.traffic_channel,
        events.country,
        visitors.customer_id
    from events
    {{ join_owner('events', 'event_at') }}
),

attempts as (
    select
        event_id,
        payment_method,
        gateway
    from events
    where event_type = 'payment_attempted'
),

final as (
    select
        chains.funnel,
        chains.unit,
        chains.unit_id,
        chains.scope_value,
        chains.visitor_id,
        chains.furthest_step_number,
        chains.entered_at,
        {%- for step in range(1, funnel_max_steps() + 1) %}
        chains.step_{{ step }}_at,
        {%- endfor %}
        entries.customer_id,
        entries.product_id,
        entries.device_type,
        entries.traffic_channel,
        entries.country,
        attempts.payment_method,
        attempts.gateway
    from chains
    inner join entries on chains.entry_event_id = entries.event_id
    left join attempts on chains.payment_event_id = attempts.event_id
)

select * from final
