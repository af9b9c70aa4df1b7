-- What each visitor did on each day (UTC), by the device's owner at the time: days and months are
-- counted from here, so the events are read once. Grain: one row per event_date, visitor_id and
-- customer_id (NULL while nobody is known).
{{ config(
    materialized='incremental',
    meta={'scope': {'spans': ['visitor_id', 'event_date'], 'whole_days': true}, 'stored_by': 'event_date'},
    unique_key=['event_date', 'visitor_id', 'customer_id']
) }}

with

events as (
    select * from {{ ref('int_events_sessionized') }} as events
    where {{ in_spans('events.visitor_id', 'events.event_at', whole_days=true) }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

final as (
    select
        cast(events.event_at as date) as event_date,
        events.visitor_id,
        visitors.customer_id,
        count(*) as event_count,
        count(*) filter (where events.event_type = 'product_view') as product_view_count,
        count(*) filter (where events.event_type = 'add_to_cart') as add_to_cart_count,
        count(*) filter (where events.event_type = 'checkout_started') as checkout_count
    from events
    {{ join_owner('events', 'event_at') }}
    group by 1, 2, 3
)

select * from final
