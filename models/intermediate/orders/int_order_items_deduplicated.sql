-- One row per order line.
{{ config(materialized='view') }}

{{ accepted_rows('order_items') }}
