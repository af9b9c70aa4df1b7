-- Customers whose id begins as the typed one does, its last two signs aside; the most alike first.
select
    customers.customer_id,
    customers.customer_name,
    customers.email,
    customers.country,
    known.order_count,
    known.revenue_amount
from marts.dim_customers as customers
left join marts.customer_360 as known on customers.customer_id = known.customer_id
where starts_with(lower(customers.customer_id), left(lower($customer), greatest(length($customer) - 2, 1)))
order by
    starts_with(lower(customers.customer_id), lower($customer)) desc,
    levenshtein(lower(customers.customer_id), lower($customer)) asc,
    customers.customer_id asc
limit 20
