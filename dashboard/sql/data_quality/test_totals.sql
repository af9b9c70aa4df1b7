-- How the tests on this version ended.
select
    count(*) as test_count,
    count(*) filter (where status = 'pass') as passed_count,
    count(*) filter (where status in ('fail', 'error')) as failed_count,
    count(*) filter (where status = 'warn') as warned_count,
    count(*) filter (where status not in ('pass', 'fail', 'error', 'warn')) as skipped_count
from serving.test_results
