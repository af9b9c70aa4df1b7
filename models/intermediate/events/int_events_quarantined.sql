-- Refused rows of the logs, whole. Grain: one row per refused landed row.
{{ config(
    materialized='incremental', tags=['reads_landing'],
    meta={'scope': {'column': '_source_file', 'keys_of': 'new_files', 'key': 'source_file'}}
) }}

select
    _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('int_events_batched') }}
where _rejection_reasons <> ''
