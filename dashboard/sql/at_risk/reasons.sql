-- How many are at risk for which reason, and how many of them are high value; a customer may have several reasons.
with reasons as (
    select
        unnest(string_split(risk_reasons, ', ')) as reason,
        is_high_value,
        revenue_at_risk_amount
    from marts.at_risk_customers
)

select
    reason,
    count(*) as customer_count,
    count(*) filter (where is_high_value) as high_value_count,
    sum(revenue_at_risk_amount) as revenue_at_risk_amount
from reasons
group by reason
order by customer_count desc, reason asc
limit 15
