-- Customers who are not of high value today and in the high band of who will be: at most 500, the likeliest first, and how many there are.
select
    chances.customer_id,
    chances.high_value_probability,
    chances.reason_1,
    chances.reason_2,
    chances.reason_3,
    chances.high_value_cut_amount,
    chances.horizon_days,
    customers.customer_name,
    customers.email,
    customers.revenue_amount,
    customers.order_count,
    customers.last_ordered_on,
    customers.first_seen_on,
    customers.country,
    count(*) over () as matching_count
from marts.high_value_predictions as chances
inner join marts.customer_360 as customers on chances.customer_id = customers.customer_id
where chances.high_value_band = 'high' and not coalesce(customers.is_high_value, false)
order by chances.high_value_probability desc, chances.customer_id asc
limit 500
