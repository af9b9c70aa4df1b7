-- Attempts to pay with the customer behind them. Grain: one row per payment_id.
-- customer_id is the attempt's own; where it names none, the owner of the device at that moment.
with

payments as (
    select * from {{ ref('int_payments_deduplicated') }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

final as (
    select
        payments.payment_id,
        payments.order_id,
        coalesce(payments.customer_id, visitors.customer_id) as customer_id,
        payments.visitor_id,
        payments.attempted_at,
        cast(payments.attempted_at as date) as attempted_on,
        payments.payment_method,
        payments.gateway,
        payments.installments,
        payments.amount,
        payments.result,
        payments.failure_reason,
        payments.device_type,
        payments.traffic_channel,
        payments.country,
        payments.app_version,
        payments.result = 'approved' as is_approved
    from payments
    {{ join_owner('payments', 'attempted_at') }}
)

select * from final
