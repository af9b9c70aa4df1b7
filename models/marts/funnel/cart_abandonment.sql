-- Sessions with something put into the cart, and what became of it. Grain: one row per session_id. The rules are in
-- int_carts_followed; is_mature says whether the window in which a cart can be recovered has passed.
-- A view: the rows are stored once, and what time changes is told when it is asked for.
{{ config(materialized='view') }}

with

carts as (
    select * from {{ ref('int_carts_followed') }}
),

final as (
    select
        session_id,
        visitor_id,
        customer_id,
        carted_at,
        carted_on,
        device_type,
        traffic_channel,
        country,
        add_count,
        remove_count,
        product_count,
        cart_amount,
        has_checkout,
        has_payment_attempt,
        has_order,
        last_stage,
        is_abandoned,
        recovered_at,
        is_recovered,
        {{ conversion_window_end('carted_at') }} <= {{ as_of_moment() }} as is_mature
    from carts
)

select * from final
