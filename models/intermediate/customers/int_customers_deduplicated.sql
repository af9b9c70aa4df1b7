-- One row per customer: the version that counts.
{{ config(materialized='view') }}

{{ accepted_rows('customers') }}
