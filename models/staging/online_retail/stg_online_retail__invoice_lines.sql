-- Invoice lines as they landed, typed. A return has a negative quantity and is accepted; a negative price is not.
-- Times are British local ones without an offset, taken as UTC. Stock codes are compared in capitals (85123a is 85123A).
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('online_retail', 'invoice_lines') }}
),

cleaned as (
    select
        {{ clean_text('InvoiceNo') }} as order_id,
        {{ clean_text('StockCode') }} as product_id,
        {{ clean_text('Description') }} as product_name,
        {{ clean_text('Quantity') }} as quantity,
        {{ clean_text('InvoiceDate') }} as ordered_at,
        {{ clean_text('UnitPrice') }} as unit_price,
        {{ clean_text('CustomerID') }} as customer_id,
        {{ clean_text('Country') }} as country_name,
        {{ content_hash(landed_columns('online_retail', 'invoice_lines')) }} as order_item_id,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (product_id, quantity, ordered_at, unit_price),
        quantity as quantity_text,
        ordered_at as ordered_at_text,
        unit_price as unit_price_text,
        upper(product_id) as product_id,
        {{ whole_number('quantity') }} as quantity,
        {{ parse_utc('ordered_at') }} as ordered_at,
        try_cast(unit_price as decimal(18, 4)) as unit_price
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
        order_item_id,
        order_id,
        product_id,
        product_name,
        quantity,
        ordered_at,
        unit_price,
        customer_id,
        country_name,
        {{ is_service_line('product_id') }} as is_service_line,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
