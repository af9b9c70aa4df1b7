-- The customer's newest 200 orders, and how many there are in all.
select
    order_id,
    ordered_at,
    status,
    is_counted,
    order_amount,
    currency,
    quantity,
    delivered_at,
    delay_days,
    returned_at,
    review_score as stars,
    count(*) over () as all_order_count
from marts.fct_orders
where customer_id = $customer
order by ordered_at desc nulls last, order_id asc
limit 200
