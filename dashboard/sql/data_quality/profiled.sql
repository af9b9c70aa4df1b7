-- The core tables that are profiled, with their columns.
select
    table_name,
    max(row_count) as row_count,
    count(*) as column_count,
    count(*) filter (where null_count = row_count and row_count > 0) as empty_column_count
from marts.column_profile
group by table_name
order by table_name
