-- How many customers have which engagement score, in steps of 0.05; 1 belongs to the last step.
with steps as (
    select unnest(generate_series(0, 19)) as step
),

scored as (
    select least(floor(engagement_score * 20)::bigint, 19) as step
    from marts.customer_engagement
)

select
    steps.step / 20 as score_from,
    (steps.step + 1) / 20 as score_to,
    count(scored.step) as customer_count
from steps
left join scored on steps.step = scored.step
group by steps.step
order by steps.step
