-- Olist's products as they landed, typed. They have no names, and categories in Portuguese.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'products') }}
),

cleaned as (
    select
        {{ clean_text('product_id') }} as product_id,
        {{ clean_text('product_category_name') }} as category_name,
        {{ clean_text('product_name_lenght') }} as name_length,
        {{ clean_text('product_description_lenght') }} as description_length,
        {{ clean_text('product_photos_qty') }} as photo_count,
        {{ clean_text('product_weight_g') }} as weight_grams,
        {{ clean_text('product_length_cm') }} as length_cm,
        {{ clean_text('product_height_cm') }} as height_cm,
        {{ clean_text('product_width_cm') }} as width_cm,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (name_length, description_length, photo_count, weight_grams, length_cm, height_cm, width_cm),
        {{ whole_number('name_length', 'integer') }} as name_length,
        {{ whole_number('description_length', 'integer') }} as description_length,
        {{ whole_number('photo_count', 'integer') }} as photo_count,
        try_cast(weight_grams as double) as weight_grams,
        try_cast(length_cm as double) as length_cm,
        try_cast(height_cm as double) as height_cm,
        try_cast(width_cm as double) as width_cm
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
        category_name,
        name_length,
        description_length,
        photo_count,
        weight_grams,
        length_cm,
        height_cm,
        width_cm,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
