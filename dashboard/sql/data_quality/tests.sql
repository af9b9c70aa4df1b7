-- The tests on this version, the failed ones first; at most 500.
select
    status,
    tested,
    test_name,
    failed_row_count,
    message,
    description
from serving.test_results
order by
    case when status in ('fail', 'error') then 1 when status = 'warn' then 2 when status = 'pass' then 4 else 3 end,
    failed_row_count desc nulls last,
    tested asc,
    test_name asc
limit 500
