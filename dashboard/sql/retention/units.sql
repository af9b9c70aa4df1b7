-- Whose activity is counted day by day.
select distinct unit
from marts.activity_stickiness
order by unit
