-- Recency, frequency, monetary of every customer today. Grain: one row per customer_id. Whoever never ordered is 'No Orders' with
-- NULL scores. The segment's size and its share of the revenue stand beside each of its customers.
with

customers as (
    select * from {{ ref('int_customers_snapshotted') }}
    where is_latest
),

scores as (
    select * from {{ ref('int_customers_scored') }}
    where is_latest
),

with_totals as (
    select
        customers.customer_id,
        customers.snapshot_on,
        customers.recency_days,
        customers.order_count,
        customers.revenue_amount,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        scores.rfm_code,
        scores.rfm_segment,
        count(*) over (partition by scores.rfm_segment) as segment_customer_count,
        cast(sum(customers.revenue_amount) over (partition by scores.rfm_segment) as decimal(18, 4)) as segment_revenue_amount,
        sum(customers.revenue_amount) over () as all_revenue_amount
    from customers
    inner join scores on customers.customer_id = scores.customer_id
),

final as (
    select
        customer_id,
        snapshot_on as as_of_date,
        recency_days,
        order_count,
        revenue_amount,
        recency_score,
        frequency_score,
        monetary_score,
        rfm_code,
        rfm_segment,
        {{ rate('revenue_amount', 'all_revenue_amount') }} as revenue_share_rate,
        segment_customer_count,
        segment_revenue_amount,
        {{ rate('segment_revenue_amount', 'all_revenue_amount') }} as segment_revenue_share_rate
    from with_totals
)

select * from final
