-- Guards against a funnel that somebody edited in the seed and that silently counts nothing: steps are 1, 2, 3 … without gaps
-- or repeats, at least two and at most as many as funnel_conversions has columns for, of one scope, with known event types.
select
    funnel,
    count(*) as step_count,
    min(step_number) as first_step,
    max(step_number) as last_step
from {{ ref('funnel_steps') }}
group by funnel
having
    min(step_number) <> 1
    or max(step_number) <> count(*)
    or count(distinct step_number) <> count(*)
    or count(*) not between 2 and {{ funnel_max_steps() }}
    or count(distinct scope) <> 1
    or bool_or(scope not in ('all', 'category'))
