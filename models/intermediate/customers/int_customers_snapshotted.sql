-- Every customer as every snapshot knew them. Grain: one row per customer_id and snapshot_on, from the first sign of the customer on;
-- whoever has done nothing is in it with zeros. Only rows whose own times are not after the snapshot are seen (identities are those
-- known to this build). A customer without any time is taken as known from the beginning. Today's marts are the latest snapshot;
-- trends, transitions and training sets are the earlier ones.
with

snapshots as (
    select * from {{ ref('int_snapshot_dates') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }}
),

payments as (
    select * from {{ ref('int_payments_identified') }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

sessions as (
    select * from {{ ref('int_sessions_summarized') }}
),

gaps as (
    select * from {{ ref('int_order_gaps_snapshotted') }}
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

favourite_categories as (
    select * from {{ ref('int_customer_favourites_snapshotted') }}
    where kind = 'category'
),

favourite_devices as (
    select * from {{ ref('int_customer_favourites_snapshotted') }}
    where kind = 'device'
),

signs as (
    select customer_id, signed_up_at as seen_at from customers
    union all
    select customer_id, ordered_at as seen_at from orders
    union all
    select customer_id, attempted_at as seen_at from payments
    union all
    select customer_id, ended_at as seen_at from sessions
    union all
    select customer_id, identified_at as seen_at from visitors
),

first_signs as (
    select
        customer_id,
        cast(min(seen_at) as date) as first_seen_on
    from signs
    where customer_id is not null
    group by customer_id
),

members as (
    select
        customers.customer_id,
        first_signs.first_seen_on,
        snapshots.snapshot_on,
        snapshots.snapshot_number,
        snapshots.is_latest
    from customers
    left join first_signs on customers.customer_id = first_signs.customer_id
    inner join snapshots on coalesce(first_signs.first_seen_on <= snapshots.snapshot_on, true)
),

-- The longest usual wait for a next order, over all customers.
everybodys_gaps as (
    select
        snapshot_on,
        percentile_cont({{ var('at_risk_gap_percentile') }}) within group (order by cast(gap_days as double)) as gap_limit_days
    from gaps
    group by snapshot_on
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
        coalesce(customer_orders.own_gap_limit_days, everybodys_gaps.gap_limit_days) as gap_limit_days,
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
        favourite_categories.favourite as favourite_category,
        favourite_categories.favourite_rate as favourite_category_rate,
        favourite_devices.favourite as favourite_device,
        favourite_devices.favourite_rate as favourite_device_rate,
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
    left join everybodys_gaps on members.snapshot_on = everybodys_gaps.snapshot_on
    left join customer_sessions
        on members.customer_id = customer_sessions.customer_id and members.snapshot_on = customer_sessions.snapshot_on
    left join customer_experiences
        on members.customer_id = customer_experiences.customer_id and members.snapshot_on = customer_experiences.snapshot_on
    left join favourite_categories
        on members.customer_id = favourite_categories.customer_id and members.snapshot_on = favourite_categories.snapshot_on
    left join favourite_devices
        on members.customer_id = favourite_devices.customer_id and members.snapshot_on = favourite_devices.snapshot_on
)

select * from final
