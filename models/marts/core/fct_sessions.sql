-- Visits, as people query them. Grain: one row per session_id. The rules are in int_sessions_summarized.
-- A view: the rows are stored once.
{{ config(materialized='view') }}

with

sessions as (
    select * from {{ ref('int_sessions_summarized') }}
),

final as (
    select
        session_id,
        visitor_id,
        customer_id,
        started_at,
        ended_at,
        started_on,
        island_started_at,
        session_split_cause,
        is_split_by_length,
        duration_seconds,
        event_count,
        page_view_count,
        product_view_count,
        search_count,
        add_to_cart_count,
        remove_from_cart_count,
        checkout_count,
        payment_attempt_count,
        approved_payment_count,
        order_count,
        is_single_event,
        entry_event_type,
        exit_event_type,
        device_type,
        traffic_channel,
        campaign,
        country
    from sessions
)

select * from final
