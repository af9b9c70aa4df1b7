-- The Pareto curve of customers with revenue, a point per percent of them: which share of the revenue the highest spenders bring.
with points as (
    select
        max(cumulative_customer_share_rate) as customer_share_rate,
        max(cumulative_revenue_share_rate) as revenue_share_rate,
        min(revenue_amount) as lowest_revenue_amount
    from marts.customer_value_labels
    where cumulative_customer_share_rate is not null
    group by ceil(cumulative_customer_share_rate * 100)
),

origin as (
    select
        0.0::double as customer_share_rate,
        0.0::double as revenue_share_rate,
        null::decimal(18, 4) as lowest_revenue_amount
)

select * from points
union all
select * from origin
order by customer_share_rate, revenue_share_rate
