-- Olist's sellers as they landed, typed.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'sellers') }}
),

cleaned as (
    select
        {{ clean_text('seller_id') }} as seller_id,
        {{ clean_text('seller_zip_code_prefix') }} as zip_prefix,
        {{ clean_text('seller_city') }} as city,
        {{ clean_text('seller_state') }} as region,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (zip_prefix, region),
        {{ zip_prefix('zip_prefix') }} as zip_prefix,
        upper(region) as region
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
        seller_id,
        zip_prefix,
        city,
        region,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
