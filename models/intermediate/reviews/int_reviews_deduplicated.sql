-- One row per review: the version that counts.
{{ config(materialized='view') }}

{{ accepted_rows('reviews') }}
