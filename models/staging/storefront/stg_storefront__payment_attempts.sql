-- Attempts to pay as they landed, typed, with the reasons to refuse a row.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('storefront', 'payment_attempts') }}
),

cleaned as (
    select
        {%- for column in landed_columns('storefront', 'payment_attempts') %}
        {{ clean_text(column) }} as {{ column }},
        {%- endfor %}
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (attempted_at, amount, installments, result),
        attempted_at as attempted_at_text,
        amount as amount_text,
        {{ parse_utc('attempted_at') }} as attempted_at,
        try_cast(amount as decimal(18, 4)) as amount,
        {{ whole_number('installments', 'integer') }} as installments,
        lower(result) as result
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
        payment_id,
        attempted_at,
        visitor_id,
        customer_id,
        order_id,
        amount,
        currency,
        payment_method,
        gateway,
        installments,
        result,
        failure_reason,
        device_type,
        traffic_channel,
        campaign,
        country,
        app_version,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
