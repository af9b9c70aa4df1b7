-- Rows of each landed table and day, counted on the files. Grain: one row per landed table and day of arrival.
select * from {{ source_entity('landed_counts') }}
