-- What the customer did, newest first.
select
    occurred_at,
    activity,
    title,
    amount,
    detail,
    activity_id
from marts.customer_timeline
where customer_id = $customer
order by timeline_number
