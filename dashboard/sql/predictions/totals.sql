-- What is expected of all whom it is predicted of: probabilities add up to customers, lifetime values and days to money.
with churn as (
    select
        count(*) as churn_asked_count,
        sum(churn_probability) as churn_expected_count
    from marts.churn_predictions
),

purchases as (
    select
        count(*) as purchase_asked_count,
        sum(purchase_probability) as purchase_expected_count
    from marts.next_purchase_predictions
),

high_values as (
    select
        count(*) as high_value_asked_count,
        sum(high_value_probability) as high_value_expected_count,
        max(high_value_cut_amount) as high_value_cut_amount
    from marts.high_value_predictions
),

lifetimes as (
    select
        count(*) as lifetime_asked_count,
        sum(lifetime_value_amount) as lifetime_value_amount
    from marts.customer_lifetime_value
),

days as (
    select
        sum(forecast_amount) as forecast_amount,
        sum(forecast_low_amount) as forecast_low_amount,
        sum(forecast_high_amount) as forecast_high_amount
    from marts.revenue_forecast
)

select
    churn.churn_asked_count,
    churn.churn_expected_count,
    purchases.purchase_asked_count,
    purchases.purchase_expected_count,
    high_values.high_value_asked_count,
    high_values.high_value_expected_count,
    high_values.high_value_cut_amount,
    lifetimes.lifetime_asked_count,
    lifetimes.lifetime_value_amount,
    days.forecast_amount,
    days.forecast_low_amount,
    days.forecast_high_amount
from churn
cross join purchases
cross join high_values
cross join lifetimes
cross join days
