-- REES46's events as they landed, typed. They have no id: the hash of the content is one, so an exact duplicate is a redelivery.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('rees46', 'events') }}
),

cleaned as (
    select
        {{ clean_text('event_time') }} as event_at,
        {{ clean_text('event_type') }} as event_name,
        {{ clean_text('product_id') }} as product_id,
        {{ clean_text('category_id') }} as category_id,
        {{ clean_text('category_code') }} as category,
        {{ clean_text('brand') }} as brand,
        {{ clean_text('price') }} as price,
        {{ clean_text('user_id') }} as customer_id,
        {{ clean_text('user_session') }} as source_session_id,
        {{ content_hash(landed_columns('rees46', 'events')) }} as event_id,
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (event_at, event_name, category, price),
        event_at as event_at_text,
        price as price_text,
        {{ parse_utc('event_at') }} as event_at,
        lower(event_name) as event_name,
        {{ normalized_category('category') }} as category,
        try_cast(price as decimal(18, 4)) as price
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
        event_id,
        event_at,
        event_name,
        product_id,
        category_id,
        category,
        brand,
        price,
        customer_id,
        source_session_id,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
