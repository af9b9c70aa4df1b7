-- Every customer month by month: score, segments, orders. Grain: one row per customer_id and snapshot_on (month ends and the as-of
-- date), from the first sign of the customer on. The latest rows are what the other customer marts say.
-- A view: the rows are those of int_customers_scored, stored once.
{{ config(materialized='view') }}

with

customers as (
    select * from {{ ref('int_customers_snapshotted') }}
),

scores as (
    select * from {{ ref('int_customers_scored') }}
),

final as (
    select
        scores.customer_id,
        scores.snapshot_on,
        scores.is_latest,
        scores.engagement_score,
        scores.engagement_percentile,
        scores.engagement_segment,
        scores.engagement_status,
        scores.rfm_code,
        scores.rfm_segment,
        scores.value_segment,
        scores.is_high_value,
        scores.is_at_risk,
        scores.is_declining,
        customers.order_count,
        customers.revenue_amount,
        customers.recency_days,
        customers.session_count_30_days,
        scores.engagement_score - lag(scores.engagement_score) over (
            partition by scores.customer_id order by scores.snapshot_on nulls last
        ) as engagement_score_change
    from scores
    inner join customers
        on scores.customer_id = customers.customer_id and scores.snapshot_on = customers.snapshot_on
)

select * from final
