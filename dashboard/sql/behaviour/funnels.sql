-- The funnels that have entries: units, breakdowns, and how long each funnel is.
select
    funnel,
    unit,
    breakdown,
    count(distinct breakdown_value) as value_count,
    max(step_number) as step_count
from marts.funnel_drop_offs
group by funnel, unit, breakdown
order by step_count desc, funnel asc, unit desc, breakdown asc
