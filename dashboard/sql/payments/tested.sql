-- How many slices were tested.
select count(*) as tested_count
from marts.payment_failure_drivers
