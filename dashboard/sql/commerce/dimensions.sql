-- What is known of where and who the customers are.
select
    dimension,
    count(*) filter (where dimension_value <> 'unknown') as known_value_count
from marts.demographics
group by dimension
order by dimension
