-- The category and the kind of device that a customer cares for most, as each snapshot knew it. Grain: one row per customer_id,
-- snapshot_on from the first occasion on. Of equally frequent things the first by name is the favourite.
{{ config(materialized='incremental', meta={'scope': snapshot_scope()}) }}

with

snapshots as (
    select * from {{ ref('int_snapshot_dates') }}
),

categories as (
    select * from {{ ref('int_customer_categories_counted') }} as categories
    where {{ of_touched_customers('categories.customer_id') }}
),

sessions as (
    select * from {{ ref('int_sessions_summarized') }} as sessions
    where
        customer_id is not null
        and device_type is not null
        and {{ of_touched_customers('sessions.customer_id') }}
),

months as (
    select
        'category' as kind,
        customer_id,
        category as thing,
        least(counted_on, {{ as_of_date() }}) as counted_on,
        {{ category_interest('view_count', 'add_to_cart_count', 'order_line_count') }} as times
    from categories

    union all

    select
        'device' as kind,
        customer_id,
        device_type as thing,
        {{ first_snapshot_on('cast(ended_at as date)', as_of_date()) }} as counted_on,
        count(*) as times
    from sessions
    group by 2, 3, 4
),

so_far as (
    select
        kind,
        customer_id,
        thing,
        counted_on,
        lead(counted_on) over by_month as next_counted_on,
        sum(times) over by_month as times
    from months
    where counted_on is not null
    window by_month as (partition by kind, customer_id, thing order by counted_on nulls last)
),

at_snapshots as (
    select
        so_far.kind,
        so_far.customer_id,
        snapshots.snapshot_on,
        so_far.thing,
        cast(so_far.times as bigint) as times
    from so_far
    inner join snapshots on {{ is_known_between('snapshots.snapshot_on', 'so_far.counted_on', 'so_far.next_counted_on') }}
    where so_far.times > 0
),

ranked as (
    select
        kind,
        customer_id,
        snapshot_on,
        thing,
        row_number() over by_times as thing_number,
        {{ rate('times', 'sum(times) over (partition by kind, customer_id, snapshot_on)') }} as share_rate
    from at_snapshots
    window by_times as (partition by kind, customer_id, snapshot_on order by times desc nulls last, thing asc nulls last)
),

final as (
    select
        customer_id,
        snapshot_on,
        max(case when kind = 'category' then thing end) as favourite_category,
        max(case when kind = 'category' then share_rate end) as favourite_category_rate,
        max(case when kind = 'device' then thing end) as favourite_device,
        max(case when kind = 'device' then share_rate end) as favourite_device_rate
    from ranked
    where thing_number = 1
    group by customer_id, snapshot_on
    {% if not execute or is_increment() %}
    union all

    {{ carried_snapshots(['favourite_category', 'favourite_category_rate', 'favourite_device', 'favourite_device_rate']) }}
    {% endif %}
)

select * from final
