-- What each snapshot knew of a customer's visits. Grain: one row per customer_id and snapshot_on from the first ended session on.
-- A session is known from the day on which it ended. Of devices used equally often the first by name is the favourite.
with

snapshots as (
    select * from {{ ref('int_snapshot_dates') }}
),

sessions as (
    select
        *,
        cast(ended_at as date) as ended_on
    from {{ ref('int_sessions_summarized') }}
    where customer_id is not null
),

-- A customer visits on few days: they are joined with the snapshots, not the sessions.
session_days as (
    select
        customer_id,
        ended_on,
        count(*) as session_count,
        sum(event_count) as event_count,
        sum(product_view_count) as product_view_count,
        sum(add_to_cart_count) as add_to_cart_count,
        count(carted_at) as cart_session_count,
        count(*) filter (where carted_at is not null and not has_cart_order) as abandoned_cart_count,
        sum({{ epoch_us('ended_at') }} - {{ epoch_us('started_at') }}) as duration_us
    from sessions
    group by customer_id, ended_on
),

totals as (
    select
        session_days.customer_id,
        snapshots.snapshot_on,
        cast(sum(session_days.session_count) as bigint) as session_count,
        cast(
            sum(
                case
                    when {{ is_within_days('session_days.ended_on', 'snapshots.snapshot_on', 30) }} then session_days.session_count
                    else 0
                end
            ) as bigint
        ) as session_count_30_days,
        cast(
            sum(
                case
                    when {{ is_within_days('session_days.ended_on', 'snapshots.snapshot_on', 90) }} then session_days.session_count
                    else 0
                end
            ) as bigint
        ) as session_count_90_days,
        max(session_days.ended_on) as last_session_on,
        cast(sum(session_days.event_count) as bigint) as event_count,
        cast(sum(session_days.product_view_count) as bigint) as product_view_count,
        cast(sum(session_days.add_to_cart_count) as bigint) as add_to_cart_count,
        cast(sum(session_days.cart_session_count) as bigint) as cart_session_count,
        cast(sum(session_days.abandoned_cart_count) as bigint) as abandoned_cart_count,
        cast(sum(session_days.duration_us) as bigint) as duration_us
    from session_days
    inner join snapshots on session_days.ended_on <= snapshots.snapshot_on
    group by session_days.customer_id, snapshots.snapshot_on
),

device_days as (
    select
        customer_id,
        device_type,
        ended_on,
        count(*) as session_count
    from sessions
    where device_type is not null
    group by customer_id, device_type, ended_on
),

devices as (
    select
        device_days.customer_id,
        snapshots.snapshot_on,
        device_days.device_type,
        cast(sum(device_days.session_count) as bigint) as session_count
    from device_days
    inner join snapshots on device_days.ended_on <= snapshots.snapshot_on
    group by device_days.customer_id, snapshots.snapshot_on, device_days.device_type
),

favourite_devices as (
    select
        customer_id,
        snapshot_on,
        {{ favourite('device_type', 'session_count') }} as favourite_device,
        {{ rate('max(session_count)', 'sum(session_count)') }} as favourite_device_rate
    from devices
    group by customer_id, snapshot_on
),

final as (
    select
        totals.customer_id,
        totals.snapshot_on,
        totals.session_count,
        totals.session_count_30_days,
        totals.session_count_90_days,
        totals.last_session_on,
        totals.event_count,
        totals.product_view_count,
        totals.add_to_cart_count,
        totals.cart_session_count,
        totals.abandoned_cart_count,
        {{ rate('totals.abandoned_cart_count', 'totals.cart_session_count') }} as cart_abandonment_rate,
        totals.duration_us / 1000000.0 / totals.session_count as mean_session_seconds,
        {{ rate('totals.event_count', 'totals.session_count') }} as events_per_session,
        favourite_devices.favourite_device,
        favourite_devices.favourite_device_rate
    from totals
    left join favourite_devices
        on
            totals.customer_id = favourite_devices.customer_id
            and totals.snapshot_on = favourite_devices.snapshot_on
)

select * from final
