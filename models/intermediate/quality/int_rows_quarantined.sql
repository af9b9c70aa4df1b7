-- Every refused row, whole. Grain: one row per refused landed row.
with

refused as (
    {%- for entity in fated_entities() %}
    select
        _source_table,
        _source_file,
        _landed_on,
        _rejection_reasons,
        _raw_row
    from {{ ref('int_' ~ entity ~ '_fated') }}
    where _rejection_reasons <> ''
    union all
    {%- endfor %}
    select
        _source_table,
        _source_file,
        _landed_on,
        _rejection_reasons,
        _raw_row
    from {{ source_entity('lookups') }}
    where _rejection_reasons <> ''
    union all
    select
        _source_table,
        _source_file,
        _landed_on,
        _rejection_reasons,
        _raw_row
    from {{ ref('int_events_quarantined') }}
),

final as (
    select * from refused
    where _source_table is not null
)

select * from final
