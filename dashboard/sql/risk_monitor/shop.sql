-- How many sessions the whole version has.
select coalesce(sum(row_count), 0)::bigint as session_count
from serving.table_counts
where table_name = 'session_risk'
