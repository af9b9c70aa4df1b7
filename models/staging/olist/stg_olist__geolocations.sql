-- Points of Brazilian postcodes as they landed, typed. A point outside Brazil is a wrong one and would spoil its prefix's mean.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'geolocation') }}
),

cleaned as (
    select
        {{ clean_text('geolocation_zip_code_prefix') }} as zip_prefix,
        {{ clean_text('geolocation_lat') }} as latitude,
        {{ clean_text('geolocation_lng') }} as longitude,
        {{ clean_text('geolocation_city') }} as city,
        {{ clean_text('geolocation_state') }} as region,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (zip_prefix, latitude, longitude, region),
        latitude as latitude_text,
        longitude as longitude_text,
        {{ zip_prefix('zip_prefix') }} as zip_prefix,
        try_cast(latitude as decimal(18, 14)) as latitude,
        try_cast(longitude as decimal(18, 14)) as longitude,
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
        zip_prefix,
        latitude,
        longitude,
        city,
        region,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
