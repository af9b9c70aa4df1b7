-- Who is worth most so far, and the curve of it (Pareto). Grain: one row per customer_id. The label is about the past; who will be
-- worth most is a prediction and has another name. Equal customers share rank, decile and cumulative shares. Customers without
-- revenue have no place on the curve: NULL.
with

customers as (
    select * from {{ ref('int_customers_snapshotted') }}
    where is_latest
),

scores as (
    select * from {{ ref('int_customers_scored') }}
    where is_latest
),

-- A RANGE frame (the default): customers with the same revenue are counted together.
ranked as (
    select
        customer_id,
        cast(rank() over (order by revenue_amount desc nulls last) as bigint) as revenue_rank,
        count(*) over () as paying_customer_count,
        count(*) over (order by revenue_amount desc nulls last) as cumulative_customer_count,
        cast(sum(revenue_amount) over (order by revenue_amount desc nulls last) as decimal(18, 4)) as cumulative_revenue_amount,
        sum(revenue_amount) over () as all_revenue_amount
    from customers
    where revenue_amount > 0
),

final as (
    select
        customers.customer_id,
        customers.snapshot_on as as_of_date,
        customers.order_count,
        customers.revenue_amount,
        scores.high_value_threshold_amount,
        scores.is_high_value,
        ranked.revenue_rank,
        cast({{ whole_quotient('10 * (ranked.revenue_rank - 1)', 'ranked.paying_customer_count') }} + 1 as integer) as revenue_decile,
        {{ rate('ranked.cumulative_customer_count', 'ranked.paying_customer_count') }} as cumulative_customer_share_rate,
        ranked.cumulative_revenue_amount,
        {{ rate('ranked.cumulative_revenue_amount', 'ranked.all_revenue_amount') }} as cumulative_revenue_share_rate
    from customers
    inner join scores on customers.customer_id = scores.customer_id
    left join ranked on customers.customer_id = ranked.customer_id
)

select * from final
