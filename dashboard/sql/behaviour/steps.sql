-- The steps of a funnel for one value of a breakdown.
select
    step_number,
    step_name,
    entered_count,
    previous_count,
    reached_count,
    dropped_count,
    step_rate,
    step_rate_low,
    step_rate_high,
    overall_rate,
    overall_rate_low,
    overall_rate_high
from marts.funnel_drop_offs
where funnel = $funnel and unit = $unit and breakdown = $breakdown and breakdown_value = $breakdown_value
order by step_number
