-- The engagement score of every customer today, with what it is made of. Grain: one row per customer_id. The three contributions add
-- up to the score, their changes to its change since the snapshot before (NULL for whoever was not known then).
-- A view: the rows are those of int_customers_scored, stored once.
{{ config(materialized='view') }}

with

scores as (
    select * from {{ ref('int_customers_scored') }}
),

latest as (
    select * from scores
    where is_latest
),

final as (
    select
        latest.customer_id,
        latest.snapshot_on as as_of_date,
        latest.recency_part,
        latest.order_frequency_part,
        latest.session_activity_part,
        latest.frequency_part,
        latest.monetary_part,
        latest.recency_contribution,
        latest.frequency_contribution,
        latest.monetary_contribution,
        latest.engagement_score,
        latest.engagement_percentile,
        latest.score_band,
        latest.engagement_segment,
        latest.engagement_status,
        latest.is_at_risk,
        latest.is_declining,
        previous.engagement_score as previous_engagement_score,
        latest.engagement_score - previous.engagement_score as engagement_score_change,
        latest.recency_contribution - previous.recency_contribution as recency_contribution_change,
        latest.frequency_contribution - previous.frequency_contribution as frequency_contribution_change,
        latest.monetary_contribution - previous.monetary_contribution as monetary_contribution_change
    from latest
    left join scores as previous
        on
            latest.customer_id = previous.customer_id
            and latest.snapshot_number - 1 = previous.snapshot_number
)

select * from final
