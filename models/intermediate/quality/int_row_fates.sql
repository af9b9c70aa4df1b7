-- What became of every landed row. Grain: one row per landed table, day of arrival and fate.
-- Rows that were derived from others have no _source_table and are accounted for where they landed.
with

fates as (
    {%- for entity in fated_entities() %}
    select
        _source_table,
        _landed_on,
        _fate
    from {{ ref('int_' ~ entity ~ '_fated') }}
    union all
    {%- endfor %}
    select
        _source_table,
        _landed_on,
        case when _rejection_reasons = '' then 'accepted' else 'quarantined' end as _fate
    from {{ source_entity('lookups') }}
    union all
    select
        _source_table,
        _landed_on,
        'quarantined' as _fate
    from {{ ref('int_events_quarantined') }}
    union all
    select
        _source_table,
        _landed_on,
        'duplicate' as _fate
    from {{ ref('int_events_repeated') }}
    where delivery_rank > 1
    union all
    select
        _source_table,
        _landed_on,
        'accepted' as _fate
    from {{ ref('int_events_deduplicated') }}
),

final as (
    select
        _source_table as source_table,
        _landed_on as landed_on,
        _fate as fate,
        count(*) as row_count
    from fates
    where _source_table is not null
    group by _source_table, _landed_on, _fate
)

select * from final
