-- Customers at risk by priority and value.
select
    priority,
    is_high_value,
    count(*) as customer_count,
    sum(revenue_at_risk_amount) as revenue_at_risk_amount
from marts.at_risk_customers
group by priority, is_high_value
order by case priority when 'red' then 1 when 'yellow' then 2 else 3 end asc, is_high_value desc
