{# All landed rows of an entity with the fate of each. One row per key is `accepted`: the newest version (by `newest_by`, else by
   day of arrival, else by content, so that the order of arrival never decides between versions that say when they were written).
   Of the others, a row that says what a better one says (apart from its version's time) is a `duplicate`, the rest are
   `superseded`; refused rows are `quarantined`.
   With `smallest_by` (columns) nothing has versions: the smallest by content is accepted, as among events, and the rest are copies.
   `key` may be an expression over the entity's columns. Every ordering is total up to rows that are equal in everything. #}
{% macro row_fates(entity, key, newest_by=none, smallest_by=none) -%}
    {%- set columns = entity_columns(entity) -%}
    {%- set content = columns | reject('equalto', newest_by) | join(', ') -%}
    {%- if smallest_by -%}
        {%- set best_first = (smallest_by + columns) | unique | join(' nulls last, ') ~ ' nulls last, _landed_on nulls last, _source_file nulls last' -%}
    {%- else -%}
        {%- set best_first = (newest_by ~ ' desc nulls last, ' if newest_by else '') ~ '_landed_on desc nulls last, '
            ~ columns | join(' nulls last, ') ~ ' nulls last, _source_file nulls last' -%}
    {%- endif -%}
with

landed as (
    select
        *,
        _rejection_reasons = '' as is_good
    from {{ source_entity(entity) }}
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
