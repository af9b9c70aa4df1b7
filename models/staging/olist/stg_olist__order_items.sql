-- Olist's order lines as they landed, typed: one row per piece.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'order_items') }}
),

cleaned as (
    select
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('order_item_id') }} as line_number,
        {{ clean_text('product_id') }} as product_id,
        {{ clean_text('seller_id') }} as seller_id,
        {{ clean_text('shipping_limit_date') }} as shipping_limit_at,
        {{ clean_text('price') }} as unit_price,
        {{ clean_text('freight_value') }} as shipping_amount,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (shipping_limit_at, unit_price, shipping_amount),
        unit_price as unit_price_text,
        shipping_amount as shipping_amount_text,
        {{ parse_utc('shipping_limit_at') }} as shipping_limit_at,
        try_cast(unit_price as decimal(18, 4)) as unit_price,
        try_cast(shipping_amount as decimal(18, 4)) as shipping_amount
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
        line_number,
        product_id,
        seller_id,
        shipping_limit_at,
        unit_price,
        shipping_amount,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
