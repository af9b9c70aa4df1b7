-- Olist's orders as they landed, typed. Their local times carry no offset and are taken as UTC.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'orders') }}
),

cleaned as (
    select
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('customer_id') }} as order_customer_id,
        {{ clean_text('order_status') }} as status,
        {{ clean_text('order_purchase_timestamp') }} as ordered_at,
        {{ clean_text('order_approved_at') }} as approved_at,
        {{ clean_text('order_delivered_carrier_date') }} as shipped_at,
        {{ clean_text('order_delivered_customer_date') }} as delivered_at,
        {{ clean_text('order_estimated_delivery_date') }} as estimated_delivery_on,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (status, ordered_at, approved_at, shipped_at, delivered_at, estimated_delivery_on),
        ordered_at as ordered_at_text,
        lower(status) as status,
        {{ parse_utc('ordered_at') }} as ordered_at,
        {{ parse_utc('approved_at') }} as approved_at,
        {{ parse_utc('shipped_at') }} as shipped_at,
        {{ parse_utc('delivered_at') }} as delivered_at,
        cast({{ parse_utc('estimated_delivery_on') }} as date) as estimated_delivery_on
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
        order_customer_id,
        status,
        ordered_at,
        approved_at,
        shipped_at,
        delivered_at,
        estimated_delivery_on,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
