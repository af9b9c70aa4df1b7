-- Question: at which step of the way to an approved payment do visits end?
-- How to read it: each row is a step, in order and within the window; dropped_count is what was lost since the step before.
-- Only mature visits count: those whose window had passed by the last day of the data. low and high are the 95 % interval.
select
    step_number,
    step_name,
    reached_count,
    dropped_count,
    round(step_rate, 4) as step_rate,
    round(step_rate_low, 4) as low,
    round(step_rate_high, 4) as high,
    round(overall_rate, 4) as overall_rate
from marts.funnel_drop_offs
where
    funnel = 'payment'
    and unit = 'session'
    and breakdown = 'all'
order by step_number asc nulls last;
