-- The activities by which the lifecycle is counted.
select distinct activity
from marts.customer_lifecycle
order by activity
