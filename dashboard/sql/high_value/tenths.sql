-- Revenue of each tenth of the customers with revenue, the highest spenders first.
select
    revenue_decile,
    count(*) as customer_count,
    sum(revenue_amount) as revenue_amount,
    (sum(revenue_amount) / nullif(sum(sum(revenue_amount)) over (), 0))::double as revenue_share_rate,
    min(revenue_amount) as lowest_revenue_amount
from marts.customer_value_labels
where revenue_decile is not null
group by revenue_decile
order by revenue_decile
