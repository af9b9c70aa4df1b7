-- What every visitor did, with session and customer. Grain: one row per event_id.
-- customer_id is the owner of the device at that moment (int_visitors_identified), so anonymous history has a name.
-- A view: the rows are stored once, in int_events_sessionized.
{{ config(materialized='view') }}

with

events as (
    select * from {{ ref('int_events_sessionized') }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

final as (
    select
        events.event_id,
        events.event_at,
        cast(events.event_at as date) as event_date,
        events.visitor_id,
        visitors.customer_id,
        events.session_id,
        events.event_type,
        events.event_name,
        events.outcome,
        events.product_id,
        events.quantity,
        events.amount,
        events.order_id,
        events.device_type,
        events.traffic_channel,
        events.campaign,
        events.country,
        events.payment_method,
        events.gateway,
        events.failure_reason,
        events.app_version,
        events._source_file,
        events._landed_on
    from events
    {{ join_owner('events', 'event_at') }}
)

select * from final
