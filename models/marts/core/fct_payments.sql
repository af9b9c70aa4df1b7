-- Attempts to pay, whatever came of them. Grain: one row per payment_id. Whose they are is said by int_payments_identified.
-- A view: the rows are stored once.
{{ config(materialized='view') }}

with

payments as (
    select * from {{ ref('int_payments_identified') }}
),

final as (
    select
        payment_id,
        order_id,
        customer_id,
        visitor_id,
        attempted_at,
        attempted_on,
        payment_method,
        gateway,
        installments,
        amount,
        result,
        failure_reason,
        device_type,
        traffic_channel,
        country,
        app_version,
        is_approved
    from payments
)

select * from final
