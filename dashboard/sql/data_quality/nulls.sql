-- The 40 columns of the core tables with the highest null rates; 'all' stands for any table.
select
    table_name,
    column_name,
    row_count,
    null_count,
    null_rate,
    distinct_count,
    outlier_count
from marts.column_profile
where ($table = 'all' or table_name = $table) and null_count > 0
order by null_rate desc, row_count desc, table_name asc, column_number asc
limit 40
