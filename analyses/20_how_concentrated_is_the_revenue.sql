-- Question: which share of the revenue comes from the best tenth of the customers, and from the best fifth?
-- How to read it: one row per tenth of the customers with revenue, best first; the cumulated columns are the Pareto curve. The famous
-- 80/20 would show 0.8 in the second row. least_amount is what it takes to be in the tenth. Customers without revenue are in none,
-- and equal customers are in the same one, so that tenths may differ in size.
with

tenths as (
    select
        revenue_decile,
        count(*) as customer_count,
        sum(revenue_amount) as revenue_amount,
        min(revenue_amount) as least_amount,
        count(*) filter (where is_high_value) as high_value_count
    from marts.customer_value_labels
    where revenue_decile is not null
    group by revenue_decile
)

select
    revenue_decile,
    customer_count,
    high_value_count,
    least_amount,
    revenue_amount,
    round(revenue_amount / sum(revenue_amount) over (), 4) as revenue_share_rate,
    round(
        sum(customer_count) over (order by revenue_decile asc nulls last) / sum(customer_count) over (), 4
    ) as cumulative_customer_share_rate,
    round(
        sum(revenue_amount) over (order by revenue_decile asc nulls last) / sum(revenue_amount) over (), 4
    ) as cumulative_revenue_share_rate
from tenths
order by revenue_decile asc nulls last;
