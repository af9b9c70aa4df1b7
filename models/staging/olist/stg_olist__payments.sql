-- Olist's payments as they landed, typed: an order may be paid in several parts.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'payments') }}
),

cleaned as (
    select
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('payment_sequential') }} as payment_sequential,
        {{ clean_text('payment_type') }} as payment_method,
        {{ clean_text('payment_installments') }} as installments,
        {{ clean_text('payment_value') }} as amount,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (payment_method, installments, amount),
        amount as amount_text,
        lower(payment_method) as payment_method,
        {{ whole_number('installments', 'integer') }} as installments,
        try_cast(amount as decimal(18, 4)) as amount
    from cleaned
),

judged as (
    select
        *,
        {{ rejection_reasons() }} as _rejection_reasons
    from typed
),

final as (
    select
        order_id,
        payment_sequential,
        payment_method,
        installments,
        amount,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
