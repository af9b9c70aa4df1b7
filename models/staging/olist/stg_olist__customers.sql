-- Olist's customers as they landed, typed: a row per order, the person behind it is customer_id.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('olist', 'customers') }}
),

cleaned as (
    select
        {{ clean_text('customer_id') }} as order_customer_id,
        {{ clean_text('customer_unique_id') }} as customer_id,
        {{ clean_text('customer_zip_code_prefix') }} as zip_prefix,
        {{ clean_text('customer_city') }} as city,
        {{ clean_text('customer_state') }} as region,
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
        order_customer_id,
        customer_id,
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
