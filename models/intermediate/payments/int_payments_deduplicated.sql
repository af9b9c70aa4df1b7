-- One row per payment: the version that counts.
{{ config(materialized='view') }}

{{ accepted_rows('payments') }}
