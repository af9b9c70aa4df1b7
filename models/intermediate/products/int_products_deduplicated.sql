-- One row per product: the version that counts.
{{ config(materialized='view') }}

{{ accepted_rows('products') }}
