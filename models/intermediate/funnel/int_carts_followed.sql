-- Sessions with something put into the cart, and what became of it. Grain: one row per session_id.
-- Abandoned: nothing was ordered in the session from the first add on. Recovered: the same visitor ordered after the session,
-- within the conversion window from the first add: so a later order changes carts of so many hours before.
{{ config(
    materialized='incremental',
    meta={'scope': {'spans': ['visitor_id', 'carted_at'], 'hours_before': whole_variable('conversion_window_hours') | int}}
) }}

with

sessions as (
    select * from {{ ref('int_sessions_summarized') }} as sessions
    where
        sessions.carted_at is not null
        and {{ in_spans('sessions.visitor_id', 'sessions.carted_at', hours_before=whole_variable('conversion_window_hours') | int) }}
),

events as (
    select * from {{ ref('int_events_sessionized') }} as events
    where
        event_type in ('add_to_cart', 'remove_from_cart', 'checkout_started', 'payment_attempted', 'order_placed')
        and {{ of_touched_visitors('events.visitor_id') }}
),

carts as (
    select
        events.session_id,
        count(*) filter (where events.event_type = 'add_to_cart') as add_count,
        count(*) filter (where events.event_type = 'remove_from_cart') as remove_count,
        count(distinct case when events.event_type = 'add_to_cart' then events.product_id end) as product_count,
        coalesce(sum(events.amount) filter (where events.event_type = 'add_to_cart'), 0)
        - coalesce(sum(events.amount) filter (where events.event_type = 'remove_from_cart'), 0) as net_amount,
        bool_or(events.event_type = 'checkout_started' and events.event_at >= sessions.carted_at) as has_checkout,
        bool_or(events.event_type = 'payment_attempted' and events.event_at >= sessions.carted_at) as has_payment_attempt
    from events
    inner join sessions on events.session_id = sessions.session_id
    group by events.session_id
),

orders_placed as (
    select
        visitor_id,
        event_at as placed_at
    from events
    where event_type = 'order_placed'
),

recoveries as (
    select
        sessions.session_id,
        min(orders_placed.placed_at) as recovered_at
    from sessions
    inner join orders_placed
        on
            sessions.visitor_id = orders_placed.visitor_id
            and orders_placed.placed_at > sessions.ended_at
            and orders_placed.placed_at <= {{ conversion_window_end('sessions.carted_at') }}
    where not sessions.has_cart_order
    group by sessions.session_id
),

final as (
    select
        sessions.session_id,
        sessions.visitor_id,
        sessions.customer_id,
        sessions.carted_at,
        cast(sessions.carted_at as date) as carted_on,
        sessions.device_type,
        sessions.traffic_channel,
        sessions.country,
        carts.add_count,
        carts.remove_count,
        carts.product_count,
        cast(greatest(carts.net_amount, 0) as decimal(18, 4)) as cart_amount,
        carts.has_checkout,
        carts.has_payment_attempt,
        sessions.has_cart_order as has_order,
        case
            when sessions.has_cart_order then 'purchased'
            when carts.has_payment_attempt then 'payment'
            when carts.has_checkout then 'checkout'
            else 'cart'
        end as last_stage,
        not sessions.has_cart_order as is_abandoned,
        recoveries.recovered_at,
        recoveries.recovered_at is not null as is_recovered
    from sessions
    inner join carts on sessions.session_id = carts.session_id
    left join recoveries on sessions.session_id = recoveries.session_id
)

select * from final
