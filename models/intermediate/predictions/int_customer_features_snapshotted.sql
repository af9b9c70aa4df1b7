-- What models may know of a customer at a snapshot. Grain: one row per customer_id and snapshot_on, of the newest snapshots.
-- Nothing is in it that was not known on that day: a visit of an unknown device counts from the day on which a login told whose it
-- is (int_customers_snapshotted shows it from its own day, which tells a model who will come back), a sale until it is undone.
-- Attributes of customers and products have no times: they are the newest.
with

all_snapshots as (
    select
        snapshot_on,
        snapshot_number,
        max(snapshot_number) over () as newest_number
    from {{ ref('int_snapshot_dates') }}
),

snapshots as (
    select
        snapshot_on,
        {{ snapshot_moment('snapshot_on') }} as known_before
    from all_snapshots
    where {{ is_looked_at('snapshot_number', 'newest_number') }}
),

members as (
    select members.*
    from {{ ref('int_customers_snapshotted') }} as members
    inner join snapshots on members.snapshot_on = snapshots.snapshot_on
),

customers as (
    select * from {{ ref('dim_customers') }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

sessions as (
    select * from {{ ref('int_sessions_summarized') }}
    where customer_id is not null
),

orders as (
    select * from {{ ref('int_orders_completed') }}
    where
        customer_id is not null
        and counted_from is not null
),

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }}
    where quantity > 0
),

products as (
    select * from {{ ref('dim_products') }}
    where not is_service_line
),

looked_at as (
    select * from {{ ref('int_customer_categories_counted') }}
    where known_view_count > 0
),

identified_sessions as (
    select
        sessions.*,
        cast(sessions.ended_at as date) as ended_on,
        {{ known_on('sessions.ended_at') }} as known_on
    from sessions
    {{ join_owner('sessions', 'ended_at') }}
),

known_sessions as (
    select
        sessions.customer_id,
        snapshots.snapshot_on,
        count(*) as session_count,
        count(*) filter (where {{ is_within_days('sessions.ended_on', 'snapshots.snapshot_on', 7) }}) as session_count_7_days,
        count(*) filter (where {{ is_within_days('sessions.ended_on', 'snapshots.snapshot_on', 30) }}) as session_count_30_days,
        count(*) filter (where {{ is_within_days('sessions.ended_on', 'snapshots.snapshot_on', 90) }}) as session_count_90_days,
        min(sessions.ended_on) as first_session_on,
        max(sessions.ended_on) as last_session_on,
        cast(sum(sessions.event_count) as bigint) as event_count,
        cast(sum(sessions.product_view_count) as bigint) as product_view_count,
        cast(sum(sessions.add_to_cart_count) as bigint) as add_to_cart_count,
        count(sessions.carted_at) as cart_session_count,
        count(*) filter (where sessions.carted_at is not null and not sessions.has_cart_order) as abandoned_cart_count,
        count(*) filter (
            where
            sessions.carted_at is not null
            and not sessions.has_cart_order
            and {{ is_within_days('sessions.ended_on', 'snapshots.snapshot_on', 30) }}
        ) as abandoned_cart_count_30_days,
        cast(sum({{ epoch_us('sessions.ended_at') }} - {{ epoch_us('sessions.started_at') }}) as bigint) / 1e6 / count(*)
            as mean_session_seconds,
        max_by(sessions.device_type, (sessions.ended_at, sessions.session_id)) as last_device_type,
        max_by(sessions.traffic_channel, (sessions.ended_at, sessions.session_id)) as last_traffic_channel
    from identified_sessions as sessions
    inner join snapshots on sessions.known_on <= snapshots.snapshot_on
    group by sessions.customer_id, snapshots.snapshot_on
),

lines as (
    select
        order_items.order_id,
        order_items.product_id,
        order_items.quantity,
        coalesce(products.category, 'unknown') as category
    from order_items
    inner join products on order_items.product_id = products.product_id
),

known_lines as (
    select
        orders.customer_id,
        snapshots.snapshot_on,
        lines.category,
        count(*) as line_count,
        max(orders.ordered_at) as last_ordered_at
    from lines
    inner join orders on lines.order_id = orders.order_id
    inner join snapshots on {{ is_counted_at('orders', 'snapshots.known_before') }}
    group by orders.customer_id, snapshots.snapshot_on, lines.category
),

known_categories as (
    select
        customer_id,
        snapshot_on,
        count(*) as category_count,
        cast(sum(line_count) as bigint) as line_count,
        max_by(category, (line_count, last_ordered_at, category)) as main_category,
        max_by(category, (last_ordered_at, line_count, category)) as last_category
    from known_lines
    group by customer_id, snapshot_on
),

known_views as (
    select
        looked_at.customer_id,
        snapshots.snapshot_on,
        looked_at.category,
        sum(looked_at.known_view_count) as view_count
    from looked_at
    inner join snapshots on least(looked_at.counted_on, {{ as_of_date() }}) <= snapshots.snapshot_on
    group by looked_at.customer_id, snapshots.snapshot_on, looked_at.category
),

viewed_categories as (
    select
        customer_id,
        snapshot_on,
        max_by(category, (view_count, category)) as main_viewed_category
    from known_views
    group by customer_id, snapshot_on
),

-- How often one comes and orders, a day; of a source without visits each order is one.
habits as (
    select
        members.customer_id,
        members.snapshot_on,
        case
            when known_sessions.session_count > 0 then {{ habitual_rate(
                'known_sessions.session_count', days_between('known_sessions.first_session_on', 'members.snapshot_on'), 20
            ) }}
            when members.order_count > 0 then {{ habitual_rate(
                'members.order_count', days_between('members.first_ordered_on', 'members.snapshot_on'), 60
            ) }}
        end as visit_rate,
        case
            when known_sessions.session_count > 0
                then {{ habitual_rate('members.order_count', 'known_sessions.session_count', 20) }}
            else cast(1 as double)
        end as order_share,
        least(
            {{ days_between('known_sessions.last_session_on', 'members.snapshot_on') }}, members.recency_days
        ) as idle_days
    from members
    left join known_sessions
        on members.customer_id = known_sessions.customer_id and members.snapshot_on = known_sessions.snapshot_on
),

-- Rates are per 30 days; the days added below them keep the young from looking extreme.
final as (
    select
        members.customer_id,
        members.snapshot_on,
        members.snapshot_number,
        members.is_latest,
        {{ can_churn('members.recency_days') }} as can_churn,
        members.order_count,
        members.order_count_30_days,
        members.order_day_count,
        members.recency_days,
        {{ days_between('members.first_ordered_on', 'members.snapshot_on') }} as first_order_days,
        members.mean_gap_days,
        {{ rate('30 * members.order_count', days_between('members.first_ordered_on', 'members.snapshot_on') ~ ' + 15') }}
            as order_rate_30_days,
        {{ missed_count('members.order_count', 'members.first_ordered_on', 'members.last_ordered_on', 'members.snapshot_on', 15) }}
            as missed_order_count,
        members.returned_order_count,
        members.canceled_order_count,
        members.revenue_amount,
        members.recent_revenue_amount,
        {{ rate('members.revenue_amount', 'members.order_count') }} as mean_order_amount,
        members.returned_amount,
        coalesce(known_sessions.session_count, 0) as session_count,
        coalesce(known_sessions.session_count_7_days, 0) as session_count_7_days,
        coalesce(known_sessions.session_count_30_days, 0) as session_count_30_days,
        coalesce(known_sessions.session_count_90_days, 0) as session_count_90_days,
        {{ days_between('known_sessions.last_session_on', 'members.snapshot_on') }} as idle_days,
        {{ days_between('known_sessions.first_session_on', 'members.snapshot_on') }} as first_session_days,
        {{ rate(days_between('known_sessions.first_session_on', 'known_sessions.last_session_on'), '(known_sessions.session_count - 1)') }}
            as mean_session_gap_days,
        {{ rate('30 * known_sessions.session_count', days_between('known_sessions.first_session_on', 'members.snapshot_on') ~ ' + 10') }}
            as session_rate_30_days,
        {{ missed_count(
            'known_sessions.session_count', 'known_sessions.first_session_on', 'known_sessions.last_session_on', 'members.snapshot_on', 10
        ) }} as missed_session_count,
        {{ habitual_order_probability('habits.visit_rate', 'habits.order_share', 'habits.idle_days') }} as habitual_order_probability,
        coalesce(known_sessions.product_view_count, 0) as product_view_count,
        coalesce(known_sessions.add_to_cart_count, 0) as add_to_cart_count,
        {{ rate('known_sessions.event_count', 'known_sessions.session_count') }} as events_per_session,
        {{ rate('known_sessions.cart_session_count', 'known_sessions.session_count') }} as cart_session_rate,
        {{ rate('known_sessions.abandoned_cart_count', 'known_sessions.cart_session_count') }} as cart_abandonment_rate,
        coalesce(known_sessions.abandoned_cart_count_30_days, 0) as abandoned_cart_count_30_days,
        known_sessions.mean_session_seconds,
        {{ rate('members.order_count', 'known_sessions.session_count') }} as orders_per_session,
        known_sessions.last_device_type,
        known_sessions.last_traffic_channel,
        members.payment_attempt_count,
        members.payment_failure_rate,
        members.review_count,
        members.mean_review_score,
        members.delivered_order_count,
        members.late_rate,
        members.mean_delivery_days,
        coalesce(known_categories.category_count, 0) as category_count,
        coalesce(known_categories.line_count, 0) as line_count,
        known_categories.main_category,
        known_categories.last_category,
        viewed_categories.main_viewed_category,
        case
            when customers.signed_up_at < {{ snapshot_moment('members.snapshot_on') }}
                then {{ days_between('cast(customers.signed_up_at as date)', 'members.snapshot_on') }}
        end as signed_up_days,
        customers.country,
        customers.region,
        customers.gender,
        cast(extract(year from members.snapshot_on) as integer) - customers.birth_year as age
    from members
    inner join habits on members.customer_id = habits.customer_id and members.snapshot_on = habits.snapshot_on
    left join known_sessions
        on members.customer_id = known_sessions.customer_id and members.snapshot_on = known_sessions.snapshot_on
    left join known_categories
        on members.customer_id = known_categories.customer_id and members.snapshot_on = known_categories.snapshot_on
    left join viewed_categories
        on members.customer_id = viewed_categories.customer_id and members.snapshot_on = viewed_categories.snapshot_on
    left join customers on members.customer_id = customers.customer_id
    -- Somebody of whom nothing but a later login tells was not known yet.
    where
        members.order_count > 0
        or members.payment_attempt_count > 0
        or known_sessions.session_count > 0
        or customers.signed_up_at < {{ snapshot_moment('members.snapshot_on') }}
)

select * from final
