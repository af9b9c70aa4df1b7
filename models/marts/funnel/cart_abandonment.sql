-- Sessions with something put into the cart, and what became of it. Grain: one row per session_id.
-- Abandoned: nothing was ordered in the session from the first add on. Recovered: the same visitor ordered after the session,
-- within the conversion window from the first add. is_mature says whether that window has passed.
with

events as (
    select * from {{ ref('int_events_sessionized') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }}
    where add_to_cart_count > 0
),

first_adds as (
    select
        session_id,
        min(event_at) as carted_at
    from events
    where event_type = 'add_to_cart'
    group by session_id
),

carts as (
    select
        events.session_id,
        first_adds.carted_at,
        count(*) filter (where events.event_type = 'add_to_cart') as add_count,
        count(*) filter (where events.event_type = 'remove_from_cart') as remove_count,
        count(distinct case when events.event_type = 'add_to_cart' then events.product_id end) as product_count,
        coalesce(sum(events.amount) filter (where events.event_type = 'add_to_cart'), 0)
        - coalesce(sum(events.amount) filter (where events.event_type = 'remove_from_cart'), 0) as net_amount,
        bool_or(events.event_type = 'checkout_started' and events.event_at >= first_adds.carted_at) as has_checkout,
        bool_or(events.event_type = 'payment_attempted' and events.event_at >= first_adds.carted_at) as has_payment_attempt,
        bool_or(events.event_type = 'order_placed' and events.event_at >= first_adds.carted_at) as has_order
    from events
    inner join first_adds on events.session_id = first_adds.session_id
    group by events.session_id, first_adds.carted_at
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
    inner join carts on sessions.session_id = carts.session_id
    inner join orders_placed
        on
            sessions.visitor_id = orders_placed.visitor_id
            and orders_placed.placed_at > sessions.ended_at
            and orders_placed.placed_at <= {{ conversion_window_end('carts.carted_at') }}
    where not carts.has_order
    group by sessions.session_id
),

final as (
    select
        sessions.session_id,
        sessions.visitor_id,
        sessions.customer_id,
        carts.carted_at,
        cast(carts.carted_at as date) as carted_on,
        sessions.device_type,
        sessions.traffic_channel,
        sessions.country,
        carts.add_count,
        carts.remove_count,
        carts.product_count,
        cast(greatest(carts.net_amount, 0) as decimal(18, 4)) as cart_amount,
        carts.has_checkout,
        carts.has_payment_attempt,
        carts.has_order,
        case
            when carts.has_order then 'purchased'
            when carts.has_payment_attempt then 'payment'
            when carts.has_checkout then 'checkout'
            else 'cart'
        end as last_stage,
        not carts.has_order as is_abandoned,
        recoveries.recovered_at,
        recoveries.recovered_at is not null as is_recovered,
        {{ conversion_window_end('carts.carted_at') }} <= {{ as_of_moment() }} as is_mature
    from sessions
    inner join carts on sessions.session_id = carts.session_id
    left join recoveries on sessions.session_id = recoveries.session_id
)

select * from final
