-- The rows that were refused, whole, with file, day and reasons. Grain: one row per refused landed row.
-- The key is made of the content and its occurrence: the same line twice in a file is two rows.
with

refused as (
    select * from {{ ref('int_rows_quarantined') }}
),

with_content as (
    select
        *,
        {{ content_hash(['_source_table', '_source_file', '_rejection_reasons', '_raw_row']) }} as content_id
    from refused
),

numbered as (
    select
        *,
        row_number() over (partition by content_id order by content_id) as occurrence
    from with_content
),

final as (
    select
        md5(content_id || '|' || cast(occurrence as {{ dbt.type_string() }})) as quarantined_row_id,
        _source_table as source_table,
        _source_file as source_file,
        _landed_on as landed_on,
        _rejection_reasons as rejection_reasons,
        _raw_row as raw_row
    from numbered
)

select * from final
