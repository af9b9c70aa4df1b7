-- The engagement score of every customer at the as-of date. Grain: one row per customer_id.
-- A session counts for whoever owned the device at its last event. Those that ended in the last 30 days are told by the events of
-- these days alone.
with

orders as (
    select
        customer_id,
        cast(ordered_at as date) as ordered_on,
        order_amount
    from {{ question_files('orders') }}
    where
        {{ is_counted_order('status') }}
        and cast(ordered_at as date) <= date '{{ var("as_of_date") }}'
),

customer_orders as (
    select
        customer_id,
        {{ days_between('max(ordered_on)', "date '" ~ var("as_of_date") ~ "'") }} as recency_days,
        count(*) as order_count,
        count(*) filter (where {{ is_within_days('ordered_on', "date '" ~ var("as_of_date") ~ "'", 30) }}) as order_count_30_days,
        cast(sum(order_amount) as decimal(18, 4)) as revenue_amount
    from orders
    group by customer_id
),

events as {{ not_materialized() }} (
    select
        visitor_id,
        customer_id,
        event_at
    from {{ question_files('events') }}
    where {{ is_within_days('cast(event_at as date)', "date '" ~ var("as_of_date") ~ "'", 30) }}
),

{{ activity_islands('events') }},

session_owners as (
    select distinct
        activity_islands.visitor_id,
        activity_islands.ended_at,
        events.customer_id
    from activity_islands
    inner join events
        on
            activity_islands.visitor_id = events.visitor_id
            and activity_islands.ended_at = events.event_at
    where events.customer_id is not null
),

customer_sessions as (
    select
        customer_id,
        count(*) as session_count_30_days
    from session_owners
    group by customer_id
),

weights as (
    select
        cast(max(case when part = 'recency' then weight end) as double) as recency_weight,
        cast(max(case when part = 'frequency' then weight end) as double) as frequency_weight,
        cast(max(case when part = 'monetary' then weight end) as double) as monetary_weight
    from {{ ref('engagement_weights') }}
),

customers as (
    select
        members.customer_id,
        customer_orders.recency_days,
        coalesce(customer_orders.order_count_30_days, 0) as order_count_30_days,
        coalesce(customer_sessions.session_count_30_days, 0) as session_count_30_days,
        coalesce(customer_orders.revenue_amount, 0) as revenue_amount
    from {{ question_files('customers') }} as members
    left join customer_orders on members.customer_id = customer_orders.customer_id
    left join customer_sessions on members.customer_id = customer_sessions.customer_id
),

bounds as (
    select
        {{ part_bounds('recency_days', 'recency') }},
        {{ part_bounds('order_count_30_days', 'order_frequency') }},
        {{ part_bounds('session_count_30_days', 'session_activity') }},
        {{ part_bounds('revenue_amount', 'monetary') }}
    from customers
),

parts as (
    select
        customers.customer_id,
        case
            when customers.recency_days is not null
                then {{ scaled_part('customers.recency_days', 'bounds.recency_low', 'bounds.recency_top', reversed=true) }}
            else 0.0
        end as recency_part,
        {{ scaled_part(
            'customers.order_count_30_days', 'bounds.order_frequency_low', 'bounds.order_frequency_top'
        ) }} as order_frequency_part,
        {{ scaled_part(
            'customers.session_count_30_days', 'bounds.session_activity_low', 'bounds.session_activity_top'
        ) }} as session_activity_part,
        {{ scaled_part('customers.revenue_amount', 'bounds.monetary_low', 'bounds.monetary_top') }} as monetary_part
    from customers
    cross join bounds
),

final as (
    select
        parts.customer_id,
        {{ engagement_score(
            'weights.recency_weight * parts.recency_part',
            'weights.frequency_weight * ((parts.order_frequency_part + parts.session_activity_part) / 2)',
            'weights.monetary_weight * parts.monetary_part'
        ) }} as engagement_score
    from parts
    cross join weights
)

select * from final
