-- Products as they landed, typed, categories in one spelling, with the reasons to refuse a row.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('storefront', 'products') }}
),

cleaned as (
    select
        {%- for column in landed_columns('storefront', 'products') %}
        {{ clean_text(column) }} as {{ column }},
        {%- endfor %}
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (category, unit_price, unit_cost, updated_at),
        unit_price as unit_price_text,
        unit_cost as unit_cost_text,
        {{ normalized_category('category') }} as category,
        try_cast(unit_price as decimal(18, 4)) as unit_price,
        try_cast(unit_cost as decimal(18, 4)) as unit_cost,
        {{ parse_utc('updated_at') }} as updated_at
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
        product_id,
        product_name,
        category,
        brand,
        unit_price,
        unit_cost,
        updated_at,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
