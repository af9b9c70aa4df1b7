-- One row per order: the version that counts.
{{ config(materialized='view') }}

{{ accepted_rows('orders') }}
