-- How many rows each mart has, and what it is for.
select
    counts.table_name,
    counts.row_count,
    split_part(descriptions.description, ' Grain:', 1) as description
from serving.table_counts as counts
left join serving.column_descriptions as descriptions
    on counts.table_name = descriptions.table_name and descriptions.column_name = ''
order by counts.table_name
