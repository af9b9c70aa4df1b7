-- The values of a breakdown, those with most entries first: how many came to one step, and to the last one.
with steps as (
    select
        *,
        max(step_number) over (partition by breakdown_value) as last_step_number
    from marts.funnel_drop_offs
    where funnel = $funnel and unit = $unit and breakdown = $breakdown
)

select
    breakdown_value,
    entered_count,
    max(previous_count) filter (where step_number = $step_number::integer) as previous_count,
    max(reached_count) filter (where step_number = $step_number::integer) as reached_count,
    max(step_rate) filter (where step_number = $step_number::integer) as step_rate,
    max(step_rate_low) filter (where step_number = $step_number::integer) as step_rate_low,
    max(step_rate_high) filter (where step_number = $step_number::integer) as step_rate_high,
    max(reached_count) filter (where step_number = last_step_number) as converted_count,
    max(overall_rate) filter (where step_number = last_step_number) as overall_rate,
    max(overall_rate_low) filter (where step_number = last_step_number) as overall_rate_low,
    max(overall_rate_high) filter (where step_number = last_step_number) as overall_rate_high,
    count(*) over () as value_count
from steps
group by breakdown_value, entered_count
order by entered_count desc, breakdown_value asc
limit 100
