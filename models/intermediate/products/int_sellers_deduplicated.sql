-- One row per seller: the version that counts.
{{ config(materialized='view') }}

{{ accepted_rows('sellers') }}
