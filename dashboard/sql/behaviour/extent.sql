-- How many sessions there are at all.
select coalesce(sum(row_count), 0) as session_count
from serving.table_counts
where table_name = 'fct_sessions'
