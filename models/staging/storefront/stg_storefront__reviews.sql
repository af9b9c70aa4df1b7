-- Reviews as they landed, typed, with the reasons to refuse a row.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('storefront', 'reviews') }}
),

cleaned as (
    select
        {%- for column in landed_columns('storefront', 'reviews') %}
        {{ clean_text(column) }} as {{ column }},
        {%- endfor %}
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (score, reviewed_at),
        reviewed_at as reviewed_at_text,
        {{ whole_number('score', 'integer') }} as score,
        {{ parse_utc('reviewed_at') }} as reviewed_at
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
        review_id,
        order_id,
        score,
        reviewed_at,
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
