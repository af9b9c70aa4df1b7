-- Lines of orders as they landed, typed, with the reasons to refuse a row.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('storefront', 'order_items') }}
),

cleaned as (
    select
        {%- for column in landed_columns('storefront', 'order_items') %}
        {{ clean_text(column) }} as {{ column }},
        {%- endfor %}
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (quantity, unit_price, amount),
        quantity as quantity_text,
        unit_price as unit_price_text,
        amount as amount_text,
        {{ whole_number('quantity') }} as quantity,
        try_cast(unit_price as decimal(18, 4)) as unit_price,
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
        order_item_id,
        order_id,
        product_id,
        seller_id,
        quantity,
        unit_price,
        amount,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
