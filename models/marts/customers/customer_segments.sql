-- The value matrix: engagement against revenue. Grain: one row per customer_id; everybody is in exactly one of VIP, Converter-to-be,
-- At-risk VIP and Dormant.
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
        scores.customer_id,
        scores.snapshot_on,
        scores.engagement_score,
        scores.is_engaged,
        customers.revenue_amount,
        scores.is_high_value,
        scores.value_segment,
        count(*) over (partition by scores.value_segment) as segment_customer_count,
        cast(sum(customers.revenue_amount) over (partition by scores.value_segment) as decimal(18, 4)) as segment_revenue_amount,
        sum(customers.revenue_amount) over () as all_revenue_amount
    from scores
    inner join customers on scores.customer_id = customers.customer_id
),

final as (
    select
        customer_id,
        snapshot_on as as_of_date,
        engagement_score,
        is_engaged,
        revenue_amount,
        is_high_value,
        value_segment,
        segment_customer_count,
        segment_revenue_amount,
        {{ rate('segment_revenue_amount', 'all_revenue_amount') }} as segment_revenue_share_rate
    from with_totals
)

select * from final
