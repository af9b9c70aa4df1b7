-- Customers as they landed, typed, with the reasons to refuse a row.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('storefront', 'customers') }}
),

cleaned as (
    select
        {%- for column in landed_columns('storefront', 'customers') %}
        {{ clean_text(column) }} as {{ column }},
        {%- endfor %}
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (signed_up_at, birth_year, latitude, longitude, updated_at),
        signed_up_at as signed_up_at_text,
        {{ parse_utc('signed_up_at') }} as signed_up_at,
        {{ whole_number('birth_year', 'integer') }} as birth_year,
        case when abs(try_cast(latitude as double)) <= 90 then try_cast(latitude as double) end as latitude,
        case when abs(try_cast(longitude as double)) <= 180 then try_cast(longitude as double) end as longitude,
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
        customer_id,
        signed_up_at,
        customer_name,
        email,
        gender,
        birth_year,
        country,
        region,
        city,
        latitude,
        longitude,
        updated_at,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
