-- Every customer as every snapshot knew them. Grain: one row per customer_id and snapshot_on; whoever has done nothing is in it with
-- zeros. Only rows whose own times are not after the snapshot are seen (identities are those known to this build). Today's marts
-- are the latest snapshot; trends, transitions and training sets are the earlier ones.
{{ config(materialized='incremental', meta={'scope': snapshot_scope()}) }}

with

members as (
    select * from {{ ref('int_customers_known') }} as members
    where {{ of_changed_snapshots('members.customer_id', 'members.snapshot_on') }}
),

customer_orders as (
    select * from {{ ref('int_customer_orders_snapshotted') }}
),

customer_sessions as (
    select * from {{ ref('int_customer_sessions_snapshotted') }}
),

customer_experiences as (
    select * from {{ ref('int_customer_experiences_snapshotted') }}
),

favourites as (
    select * from {{ ref('int_customer_favourites_snapshotted') }}
),

final as (
    select
        members.customer_id,
        members.snapshot_on,
        members.snapshot_number,
        members.is_latest,
        members.first_seen_on,
        {{ days_between('members.first_seen_on', 'members.snapshot_on') }} as tenure_days,
        coalesce(customer_orders.order_count, 0) as order_count,
        coalesce(customer_orders.order_count_30_days, 0) as order_count_30_days,
        coalesce(customer_orders.revenue_amount, 0) as revenue_amount,
        coalesce(customer_orders.recent_revenue_amount, 0) as recent_revenue_amount,
        coalesce(customer_orders.order_day_count, 0) as order_day_count,
        customer_orders.first_ordered_on,
        customer_orders.last_ordered_on,
        customer_orders.recency_days,
        coalesce(customer_orders.gap_count, 0) as gap_count,
        customer_orders.mean_gap_days,
        customer_orders.own_gap_limit_days,
        coalesce(customer_experiences.returned_order_count, 0) as returned_order_count,
        coalesce(customer_experiences.returned_amount, 0) as returned_amount,
        coalesce(customer_experiences.canceled_order_count, 0) as canceled_order_count,
        coalesce(customer_sessions.session_count, 0) as session_count,
        coalesce(customer_sessions.session_count_30_days, 0) as session_count_30_days,
        coalesce(customer_sessions.session_count_90_days, 0) as session_count_90_days,
        customer_sessions.last_session_on,
        coalesce(customer_sessions.event_count, 0) as event_count,
        coalesce(customer_sessions.product_view_count, 0) as product_view_count,
        coalesce(customer_sessions.add_to_cart_count, 0) as add_to_cart_count,
        coalesce(customer_sessions.cart_session_count, 0) as cart_session_count,
        coalesce(customer_sessions.abandoned_cart_count, 0) as abandoned_cart_count,
        customer_sessions.cart_abandonment_rate,
        customer_sessions.mean_session_seconds,
        customer_sessions.events_per_session,
        favourites.favourite_category,
        favourites.favourite_category_rate,
        favourites.favourite_device,
        favourites.favourite_device_rate,
        coalesce(customer_experiences.payment_attempt_count, 0) as payment_attempt_count,
        coalesce(customer_experiences.failed_payment_count, 0) as failed_payment_count,
        customer_experiences.payment_failure_rate,
        coalesce(customer_experiences.review_count, 0) as review_count,
        customer_experiences.mean_review_score,
        coalesce(customer_experiences.delivered_order_count, 0) as delivered_order_count,
        coalesce(customer_experiences.late_order_count, 0) as late_order_count,
        customer_experiences.late_rate,
        customer_experiences.mean_delivery_days
    from members
    left join customer_orders
        on members.customer_id = customer_orders.customer_id and members.snapshot_on = customer_orders.snapshot_on
    left join customer_sessions
        on members.customer_id = customer_sessions.customer_id and members.snapshot_on = customer_sessions.snapshot_on
    left join customer_experiences
        on members.customer_id = customer_experiences.customer_id and members.snapshot_on = customer_experiences.snapshot_on
    left join favourites
        on members.customer_id = favourites.customer_id and members.snapshot_on = favourites.snapshot_on
)

select * from final
