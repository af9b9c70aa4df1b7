-- All that is known of a customer today, in one row: for the drill-through and for BI tools. Grain: one row per customer_id known at
-- the as-of date. Nothing is computed here: each column is that of the mart or snapshot which owns it, so it is a view.
{{ config(materialized='view') }}

with

people as (
    select * from {{ ref('dim_customers') }}
),

customers as (
    select * from {{ ref('int_customers_snapshotted') }}
    where is_latest
),

scores as (
    select * from {{ ref('int_customers_scored') }}
    where is_latest
),

risks as (
    select * from {{ ref('customer_risk') }}
    where customer_id is not null
),

final as (
    select
        customers.customer_id,
        people.customer_name,
        people.email,
        people.gender,
        people.birth_year,
        people.country,
        people.region,
        people.city,
        people.signed_up_at,
        people.is_inferred,
        customers.snapshot_on as as_of_date,
        customers.first_seen_on,
        customers.tenure_days,
        customers.order_count,
        customers.order_count_30_days,
        customers.revenue_amount,
        customers.recent_revenue_amount,
        customers.order_day_count,
        customers.first_ordered_on,
        customers.last_ordered_on,
        customers.recency_days,
        customers.gap_count,
        customers.mean_gap_days,
        customers.own_gap_limit_days,
        scores.gap_limit_days,
        customers.returned_order_count,
        customers.returned_amount,
        customers.canceled_order_count,
        customers.session_count,
        customers.session_count_30_days,
        customers.session_count_90_days,
        customers.last_session_on,
        customers.event_count,
        customers.product_view_count,
        customers.add_to_cart_count,
        customers.cart_session_count,
        customers.abandoned_cart_count,
        customers.cart_abandonment_rate,
        customers.mean_session_seconds,
        customers.events_per_session,
        customers.favourite_category,
        customers.favourite_category_rate,
        customers.favourite_device,
        customers.favourite_device_rate,
        customers.payment_attempt_count,
        customers.failed_payment_count,
        customers.payment_failure_rate,
        customers.review_count,
        customers.mean_review_score,
        customers.delivered_order_count,
        customers.late_order_count,
        customers.late_rate,
        customers.mean_delivery_days,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        scores.rfm_code,
        scores.rfm_segment,
        scores.engagement_score,
        scores.engagement_percentile,
        scores.score_band,
        scores.engagement_segment,
        scores.engagement_status,
        scores.is_high_value,
        scores.value_segment,
        scores.is_at_risk,
        scores.is_declining,
        risks.rapid_event_rate,
        coalesce(risks.is_likely_bot, false) as is_likely_bot,
        coalesce(risks.is_impulsive, false) as is_impulsive,
        coalesce(risks.risk_level, 'low') as risk_level
    from customers
    inner join people on customers.customer_id = people.customer_id
    inner join scores on customers.customer_id = scores.customer_id
    left join risks on customers.customer_id = risks.customer_id
)

select * from final
