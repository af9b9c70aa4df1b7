-- The files that this run reads: those that no finished run has loaded. What is new is said here and nowhere else.
-- Grain: one row per landed file. The number of the batch stays the same until a run has loaded it everywhere.
{%- set loaded = loaded_files_at_hand() %}
with

files as (
    {{ landed_files(loaded) }}
),

final as (
    select
        source_file,
        source_table,
        {{ landing_day('source_file') }} as landed_on,
        byte_count,
        modified_us,
        content_md5,
        {{ next_batch_number(loaded) }} as batch_number,
        {{ 'false' if loaded else 'true' }} as is_first_batch
    from files
)

select * from final
