-- Products put into carts and taken out, as they landed, typed, with the reasons to refuse a row.
-- Grain: one row per landed row. A missing quantity is 1; a missing price stays NULL.
with

files as (
    {{ landed('storefront', 'cart_events') }}
),

lines as (
    {{ landed_lines('storefront', 'cart_events') }}
),

unioned as (
    {%- for relation in ['files', 'lines'] %}
    select
        {%- for column in landed_columns('storefront', 'cart_events') %}
        {{ clean_text(column) }} as {{ column }},
        {%- endfor %}
        _source_file,
        _landed_on,
        {{ '_line' if relation == 'lines' else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as _line,
        {{ 'is_malformed' if relation == 'lines' else 'false' }} as is_malformed,
        _row
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

typed as (
    select
        * except (event_at, quantity, unit_price),
        event_at as event_at_text,
        quantity as quantity_text,
        unit_price as unit_price_text,
        {{ parse_utc('event_at') }} as event_at,
        case when quantity is null then 1 else {{ whole_number('quantity') }} end as quantity,
        try_cast(unit_price as decimal(18, 4)) as unit_price
    from unioned
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
        visitor_id,
        customer_id,
        event_name,
        product_id,
        quantity,
        unit_price,
        device_type,
        traffic_channel,
        campaign,
        country,
        app_version,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row(line='_line') }} as _raw_row
    from judged
)

select * from final
