-- Rows of each landed file, counted on the files. Grain: one row per landed table and file.
{{ config(
    materialized='incremental', tags=['reads_landing'],
    meta={'scope': {'column': 'source_file', 'keys_of': 'new_files', 'key': 'source_file'}}
) }}

select * from {{ source_entity('landed_counts') }}
where {{ in_batch('source_file', 'landed_on') }}
