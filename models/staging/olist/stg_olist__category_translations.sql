-- English names of Olist's categories as they landed.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'category_translation') }}
),

cleaned as (
    select
        {{ clean_text('product_category_name') }} as category_name,
        {{ clean_text('product_category_name_english') }} as english_name,
        _source_file,
        _landed_on,
        _row
    from landed
),

judged as (
    select
        *,
        {{ rejection_reasons() }} as _rejection_reasons
    from cleaned
),

final as (
    select
        category_name,
        english_name,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
