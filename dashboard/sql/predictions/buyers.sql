-- Customers who are likely to order, with the category that is likely to come first: at most 500, the likeliest first, and how many there
-- are in the high band.
select
    purchases.customer_id,
    purchases.purchase_probability,
    purchases.likely_category,
    purchases.likely_category_probability,
    purchases.reason_1,
    purchases.reason_2,
    purchases.reason_3,
    customers.customer_name,
    customers.email,
    customers.revenue_amount,
    customers.order_count,
    customers.last_ordered_on,
    customers.country,
    count(*) over () as matching_count
from marts.next_purchase_predictions as purchases
inner join marts.customer_360 as customers on purchases.customer_id = customers.customer_id
where purchases.purchase_band = 'high'
order by purchases.purchase_probability desc, purchases.customer_id asc
limit 500
