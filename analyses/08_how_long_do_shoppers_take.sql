-- Question: how long does each step of the checkout take, and from when on is a reminder not too early?
-- How to read it: minutes from the entry and from the step before. Of those who take the step, nine of ten have done so by
-- p90: a reminder sent earlier reaches people who were about to go on anyway.
select
    unit,
    step_number,
    step_name,
    unit_count,
    round(p50_seconds_from_entry / 60, 2) as p50_minutes_from_entry,
    round(p90_seconds_from_entry / 60, 2) as p90_minutes_from_entry,
    round(p50_seconds_from_previous / 60, 2) as p50_minutes_from_previous,
    round(p90_seconds_from_previous / 60, 2) as p90_minutes_from_previous
from marts.time_to_convert
where funnel = 'checkout'
order by unit asc nulls last, step_number asc nulls last;
