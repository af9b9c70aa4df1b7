-- The touched spans without those in which only the device's owner is another. Grain: one row per visitor_id and span. What does not say
-- who somebody is asks these: a first login reaches back to the device's first day, new events to the last few.
{{ config(materialized='view') }}

select * from {{ ref('int_spans_touched') }}
where has_other_events
