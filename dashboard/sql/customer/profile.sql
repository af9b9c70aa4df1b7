-- One customer: who it is, what is known today, and what every label rests on. No row for an id that nobody has.
with promised as (
    select count(*) as order_count
    from marts.fct_orders
    where
        customer_id = $customer
        and estimated_delivery_on is not null
        and delivered_at::date <= (select publication.as_of_date from serving.publication)
),

shop as (
    select
        sum(row_count) filter (where table_name = 'fct_sessions')::bigint as session_count,
        sum(row_count) filter (where table_name = 'fct_payments')::bigint as payment_count
    from serving.table_counts
)

select
    people.customer_id,
    people.customer_name,
    people.email,
    people.gender,
    people.birth_year,
    people.city,
    people.region,
    people.country,
    people.signed_up_at,
    people.is_inferred,
    known.customer_id is not null as is_known,
    known.first_seen_on,
    known.tenure_days,
    known.order_count,
    known.order_count_30_days,
    known.revenue_amount,
    known.recent_revenue_amount,
    known.first_ordered_on,
    known.last_ordered_on,
    known.recency_days,
    known.mean_gap_days,
    known.gap_limit_days,
    known.own_gap_limit_days,
    known.returned_order_count,
    known.returned_amount,
    known.canceled_order_count,
    known.delivered_order_count,
    promised.order_count as promised_order_count,
    known.late_order_count,
    known.mean_delivery_days,
    known.review_count,
    known.mean_review_score,
    known.session_count,
    known.session_count_30_days,
    known.session_count_90_days,
    known.last_session_on,
    known.mean_session_seconds,
    known.events_per_session,
    known.product_view_count,
    known.favourite_category,
    known.favourite_device,
    known.cart_session_count,
    known.abandoned_cart_count,
    known.payment_attempt_count,
    known.failed_payment_count,
    known.engagement_score,
    engagement.previous_engagement_score,
    known.engagement_percentile,
    known.score_band,
    known.engagement_segment,
    known.engagement_status,
    known.is_declining,
    known.is_at_risk,
    slipping.at_risk_since_on,
    slipping.revenue_at_risk_amount,
    slipping.risk_reasons as at_risk_reasons,
    known.value_segment,
    matrix.is_engaged,
    known.is_high_value,
    labels.high_value_threshold_amount,
    labels.revenue_rank,
    known.rfm_segment,
    known.rfm_code,
    known.recency_score,
    known.frequency_score,
    known.monetary_score,
    known.risk_level,
    clicks.is_likely_bot,
    clicks.is_impulsive,
    clicks.risk_reasons as click_reasons,
    clicks.rapid_event_count,
    clicks.gap_count,
    clicks.bot_session_count,
    clicks.impulsive_session_count,
    shop.session_count as shop_session_count,
    shop.payment_count as shop_payment_count
from marts.dim_customers as people
left join marts.customer_360 as known on people.customer_id = known.customer_id
left join marts.customer_engagement as engagement on people.customer_id = engagement.customer_id
left join marts.at_risk_customers as slipping on people.customer_id = slipping.customer_id
left join marts.customer_segments as matrix on people.customer_id = matrix.customer_id
left join marts.customer_value_labels as labels on people.customer_id = labels.customer_id
left join marts.customer_risk as clicks on people.customer_id = clicks.customer_id
cross join shop
cross join promised
where people.customer_id = $customer
