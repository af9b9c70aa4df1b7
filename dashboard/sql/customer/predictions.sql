-- What is predicted of one customer, and why; NULL for what is not asked of the customer.
select
    people.customer_id,
    churn.churn_probability,
    churn.churn_band,
    churn.reason_1 as churn_reason_1,
    churn.reason_2 as churn_reason_2,
    churn.reason_3 as churn_reason_3,
    purchases.purchase_probability,
    purchases.purchase_band,
    purchases.reason_1 as purchase_reason_1,
    purchases.reason_2 as purchase_reason_2,
    purchases.reason_3 as purchase_reason_3,
    purchases.likely_category,
    purchases.likely_category_probability,
    chances.high_value_probability,
    chances.high_value_band,
    chances.reason_1 as high_value_reason_1,
    chances.reason_2 as high_value_reason_2,
    chances.reason_3 as high_value_reason_3,
    chances.high_value_cut_amount,
    values_of.lifetime_value_amount,
    values_of.lifetime_value_band,
    values_of.reason_1 as lifetime_value_reason_1,
    values_of.reason_2 as lifetime_value_reason_2,
    values_of.reason_3 as lifetime_value_reason_3
from marts.dim_customers as people
left join marts.churn_predictions as churn on people.customer_id = churn.customer_id
left join marts.next_purchase_predictions as purchases on people.customer_id = purchases.customer_id
left join marts.high_value_predictions as chances on people.customer_id = chances.customer_id
left join marts.customer_lifetime_value as values_of on people.customer_id = values_of.customer_id
where people.customer_id = $customer
