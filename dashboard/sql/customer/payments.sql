-- The customer's newest 200 attempts to pay, and how many there are in all.
select
    payment_id,
    attempted_at,
    result,
    failure_reason,
    amount,
    payment_method,
    gateway,
    order_id,
    count(*) over () as all_payment_count
from marts.fct_payments
where customer_id = $customer
order by attempted_at desc nulls last, payment_id asc
limit 200
