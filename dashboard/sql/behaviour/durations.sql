-- How long each step of a funnel takes, as percentiles.
select
    step_number,
    step_name,
    unit_count,
    p50_seconds_from_previous,
    p75_seconds_from_previous,
    p90_seconds_from_previous,
    p95_seconds_from_previous,
    p50_seconds_from_entry,
    p75_seconds_from_entry,
    p90_seconds_from_entry,
    p95_seconds_from_entry
from marts.time_to_convert
where funnel = $funnel and unit = $unit
order by step_number
