-- What each snapshot knew of a customer's visits. Grain: one row per customer_id and snapshot_on from the first ended session on.
-- A session is known from the day on which it ended. Counts only ever grow: they are summed up month by month, and a month's sum
-- holds for every snapshot until the next one (far less work than to count all sessions anew for each snapshot).
{{ config(materialized='incremental', meta={'scope': snapshot_scope()}) }}
{%- set growing = [
    'session_count', 'last_session_on', 'event_count', 'product_view_count', 'add_to_cart_count', 'cart_session_count',
    'abandoned_cart_count', 'cart_abandonment_rate', 'mean_session_seconds', 'events_per_session',
] %}

with

snapshots as (
    select * from {{ ref('int_snapshot_dates') }}
),

sessions as (
    select
        *,
        cast(ended_at as date) as ended_on,
        {{ first_snapshot_on('cast(ended_at as date)', as_of_date()) }} as counted_on
    from {{ ref('int_sessions_summarized') }}
    where customer_id is not null
),

months as (
    select
        customer_id,
        counted_on,
        count(*) as session_count,
        cast(sum(event_count) as bigint) as event_count,
        cast(sum(product_view_count) as bigint) as product_view_count,
        cast(sum(add_to_cart_count) as bigint) as add_to_cart_count,
        count(carted_at) as cart_session_count,
        count(*) filter (where carted_at is not null and not has_cart_order) as abandoned_cart_count,
        cast(sum({{ epoch_us('ended_at') }} - {{ epoch_us('started_at') }}) as bigint) as duration_us,
        max(ended_on) as last_session_on
    from sessions
    where
        counted_on is not null
        and {{ of_touched_customers('sessions.customer_id') }}
    group by customer_id, counted_on
),

so_far as (
    select
        customer_id,
        counted_on,
        lead(counted_on) over by_month as next_counted_on,
        sum(session_count) over by_month as session_count,
        sum(event_count) over by_month as event_count,
        sum(product_view_count) over by_month as product_view_count,
        sum(add_to_cart_count) over by_month as add_to_cart_count,
        sum(cart_session_count) over by_month as cart_session_count,
        sum(abandoned_cart_count) over by_month as abandoned_cart_count,
        sum(duration_us) over by_month as duration_us,
        last_session_on
    from months
    window by_month as (partition by customer_id order by counted_on nulls last)
),

-- The last 30 and 90 days do not begin where months do.
recent as (
    select
        sessions.customer_id,
        snapshots.snapshot_on,
        count(*) as session_count_90_days,
        count(*) filter (where {{ is_within_days('sessions.ended_on', 'snapshots.snapshot_on', 30) }}) as session_count_30_days
    from sessions
    inner join snapshots on {{ is_within_days('sessions.ended_on', 'snapshots.snapshot_on', 90) }}
    where {{ of_changed_snapshots('sessions.customer_id', 'snapshots.snapshot_on') }}
    group by sessions.customer_id, snapshots.snapshot_on
),

all_so_far as (
    select
        so_far.customer_id,
        snapshots.snapshot_on,
        cast(so_far.session_count as bigint) as session_count,
        so_far.last_session_on,
        cast(so_far.event_count as bigint) as event_count,
        cast(so_far.product_view_count as bigint) as product_view_count,
        cast(so_far.add_to_cart_count as bigint) as add_to_cart_count,
        cast(so_far.cart_session_count as bigint) as cart_session_count,
        cast(so_far.abandoned_cart_count as bigint) as abandoned_cart_count,
        {{ rate('so_far.abandoned_cart_count', 'so_far.cart_session_count') }} as cart_abandonment_rate,
        cast(so_far.duration_us as bigint) / 1e6 / cast(so_far.session_count as bigint) as mean_session_seconds,
        {{ rate('so_far.event_count', 'so_far.session_count') }} as events_per_session
    from so_far
    inner join snapshots on {{ is_known_between('snapshots.snapshot_on', 'so_far.counted_on', 'so_far.next_counted_on') }}
    {% if not execute or is_increment() %}
    union all

    {{ carried_snapshots(growing) }}
    {% endif %}
),

final as (
    select
        all_so_far.customer_id,
        all_so_far.snapshot_on,
        {%- for column in growing %}
        all_so_far.{{ column }},
        {%- endfor %}
        coalesce(recent.session_count_30_days, 0) as session_count_30_days,
        coalesce(recent.session_count_90_days, 0) as session_count_90_days
    from all_so_far
    left join recent
        on all_so_far.customer_id = recent.customer_id and all_so_far.snapshot_on = recent.snapshot_on
)

select * from final
