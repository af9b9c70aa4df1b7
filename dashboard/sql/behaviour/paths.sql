-- The first steps of sessions: how many went from one kind of event to the next; ways of fewer than 1 % of them are left out.
with entries as (
    select sum(session_count) as session_count
    from marts.session_paths
    where step_number = 1
)

select
    paths.step_number,
    paths.step_name,
    paths.next_step_name,
    paths.session_count,
    paths.converted_session_count,
    paths.converted_session_count / nullif(paths.session_count, 0) as conversion_rate
from marts.session_paths as paths
cross join entries
where paths.session_count >= entries.session_count / 100
order by paths.step_number asc, paths.session_count desc, paths.step_name asc, paths.next_step_name asc
