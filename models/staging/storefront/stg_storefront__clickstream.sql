-- Web pages and app screens as they landed (Parquet and JSON lines), typed, with the reasons to refuse a row.
-- Grain: one row per landed row. NULL or empty text is missing.
with

files as (
    {{ landed('storefront', 'clickstream') }}
),

lines as (
    {{ landed_lines('storefront', 'clickstream') }}
),

unioned as (
    {%- for relation in ['files', 'lines'] %}
    select
        {%- for column in landed_columns('storefront', 'clickstream') %}
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
        * except (event_at),
        event_at as event_at_text,
        {{ parse_utc('event_at') }} as event_at
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
        order_id,
        search_term,
        page_path,
        device_type,
        traffic_channel,
        campaign,
        country,
        app_version,
        user_agent,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row(line='_line') }} as _raw_row
    from judged
)

select * from final
