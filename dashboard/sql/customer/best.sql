-- The 25 customers with the highest revenue.
select
    customer_id,
    customer_name,
    email,
    revenue_amount,
    order_count,
    last_ordered_on,
    engagement_segment,
    value_segment
from marts.customer_360
order by revenue_amount desc nulls last, customer_id asc
limit 25
