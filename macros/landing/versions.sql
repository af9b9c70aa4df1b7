{# All landed rows of an entity with the fate of each; in an increment those of the keys that the new files name. One row per key is `accepted`: the newest version (by `newest_by`, else by
   day of arrival, else by content, so that the order of arrival never decides between versions that say when they were written).
   Of the others, a row that says what a better one says (apart from its version's time) is a `duplicate`, the rest are
   `superseded`; refused rows are `quarantined`.
   With `smallest_by` (columns) nothing has versions: the smallest by content is accepted, as among events, and the rest are copies.
   `key` is a column. Every ordering is total up to rows that are equal in everything. #}
{% macro row_fates(entity, key, newest_by=none, smallest_by=none) -%}
    {%- set columns = entity_columns(entity) -%}
    {%- set content = columns | reject('equalto', newest_by) | join(', ') -%}
    {%- if smallest_by -%}
        {%- set best_first = (smallest_by + columns) | unique | join(' nulls last, ') ~ ' nulls last, _landed_on nulls last, _source_file nulls last' -%}
    {%- else -%}
        {%- set best_first = (newest_by ~ ' desc nulls last, ' if newest_by else '') ~ '_landed_on desc nulls last, '
            ~ columns | join(' nulls last, ') ~ ' nulls last, _source_file nulls last' -%}
    {%- endif -%}
    {%- set lineage = ['_source_table', '_source_file', '_landed_on', '_rejection_reasons', '_raw_row'] -%}
    {%- set is_row_by_row = var('source_system') in sources_with_row_by_row_entities() -%}
    {%- set of_batch = in_batch() -%}
    {{ config(
        materialized='incremental' if is_row_by_row else 'table', tags=['reads_landing'], meta={'scope': {'deliveries_of': key}}
    ) }}
with

new_rows as (
    select
        *,
        _rejection_reasons = '' as is_good
    from {{ source_entity(entity) }}
    where {{ of_batch if is_row_by_row else 'true' }}
),

landed as (
    select
        {{ (columns + lineage) | join(',\n        ') }},
        is_good
    from new_rows
    {%- if is_increment() %}
    union all
    select
        {{ (columns + lineage) | join(',\n        ') }},
        true as is_good
    from {{ this }} as kept
    where
        _fate <> 'quarantined'
        and {{ key }} in (select new_rows.{{ key }} from new_rows where new_rows.is_good)
        and {{ is_of_an_earlier_file('kept._source_file') }}
    {%- endif %}
),

ranked as (
    select
        *,
        row_number() over (partition by is_good, {{ key }} order by {{ best_first }}) as version_rank
    from landed
),

-- By the rank above and no second ordering: rows that are equal in everything would be told apart differently there.
with_copies as (
    select
        *,
        row_number() over (partition by is_good, {{ content }} order by version_rank nulls last) as copy_rank
    from ranked
),

final as (
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        _source_table,
        _source_file,
        _landed_on,
        _rejection_reasons,
        _raw_row,
        case
            when not is_good then 'quarantined'
            when version_rank = 1 then 'accepted'
            when {{ 'true' if smallest_by else 'copy_rank > 1' }} then 'duplicate'
            else 'superseded'
        end as _fate
    from with_copies
)

select * from final
{%- endmacro %}

{# The accepted rows of an entity: its own columns with those of lineage. #}
{% macro accepted_rows(entity) -%}
    select
        {%- for column in entity_columns(entity) %}
        {{ column }},
        {%- endfor %}
        _source_table,
        _source_file,
        _landed_on
    from {{ ref('int_' ~ entity ~ '_fated') }}
    where _fate = 'accepted'
{%- endmacro %}
