-- Customers in the high band of lifetime value of whom the risk to churn is high or medium: at most 500, the highest lifetime value first,
-- and how many there are.
select
    values_of.customer_id,
    values_of.lifetime_value_amount,
    churn.churn_probability,
    churn.churn_band,
    churn.reason_1,
    churn.reason_2,
    churn.reason_3,
    customers.customer_name,
    customers.email,
    customers.is_at_risk,
    customers.revenue_amount,
    customers.order_count,
    customers.last_ordered_on,
    customers.country,
    count(*) over () as matching_count
from marts.customer_lifetime_value as values_of
inner join marts.churn_predictions as churn on values_of.customer_id = churn.customer_id
inner join marts.customer_360 as customers on values_of.customer_id = customers.customer_id
where values_of.lifetime_value_band = 'high' and churn.churn_band in ('high', 'medium')
order by values_of.lifetime_value_amount desc, churn.churn_probability desc, values_of.customer_id asc
limit 500
