-- Sessions of the period with enough gaps to be judged, by the share of rapid events in tenths; 1 belongs to the last.
with steps as (
    select unnest(generate_series(0, 9)) as step
),

judged as (
    select
        least(floor(rapid_event_rate * 10)::bigint, 9) as step,
        is_likely_bot,
        is_impulsive
    from marts.session_risk
    where started_on between $first and $last and gap_count >= $fewest_gaps
)

select
    steps.step / 10 as rate_from,
    (steps.step + 1) / 10 as rate_to,
    count(judged.step) as session_count,
    count(*) filter (where judged.is_likely_bot) as bot_session_count,
    count(*) filter (where judged.is_impulsive) as impulsive_session_count
from steps
left join judged on steps.step = judged.step
group by steps.step
order by steps.step
