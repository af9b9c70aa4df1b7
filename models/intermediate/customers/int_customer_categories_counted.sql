-- What drew each customer to each category, month by month. Grain: one row per customer_id, category and counted_on, the month's
-- last day. What is later than the as-of date is left out, so the as-of date's own month is known so far. The counts are
-- increments: a snapshot's are the sums up to its date. A line of an
-- order that is canceled or returned later is taken back there, as -1. Service lines are left out; a product without a
-- category is 'unknown'. known_view_count has views in the month in which it was known whose they are: of an unknown device, that
-- of the login which told it.
{{ config(materialized='incremental', meta={'scope': shopper_scope('customer_id')}) }}

with

events as (
    select * from {{ ref('int_events_sessionized') }} as events
    where
        event_type in ('product_view', 'add_to_cart')
        and product_id is not null
        and {{ of_devices_of_touched_shoppers('events.visitor_id') }}
),

visitors as (
    select * from {{ ref('int_visitors_identified') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }} as orders
    where
        counted_from is not null
        and customer_id is not null
        and {{ of_touched_customers('orders.customer_id') }}
),

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }}
    where quantity > 0
),

products as (
    select
        product_id,
        coalesce(category, 'unknown') as category
    from {{ ref('dim_products') }}
    where not is_service_line
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

-- A customer's events by product and day first: fewer rows then meet their category.
looked_at as (
    select
        visitors.customer_id,
        events.product_id,
        cast(events.event_at as date) as happened_on,
        {{ known_on('events.event_at') }} as known_on,
        count(*) filter (where events.event_type = 'product_view') as view_count,
        count(*) filter (where events.event_type = 'add_to_cart') as add_to_cart_count
    from events
    {{ join_owner('events', 'event_at') }}
    where
        visitors.customer_id is not null
        and {{ of_touched_customers('visitors.customer_id') }}
    group by 1, 2, 3, 4
),

-- An order that was undone before it was placed (clocks differ) never counted: it is taken back on its own day.
order_changes as (
    select
        order_id,
        customer_id,
        cast(counted_from as date) as happened_on,
        1 as line_change
    from orders

    union all

    select
        order_id,
        customer_id,
        cast(greatest(counted_from, counted_until) as date) as happened_on,
        -1 as line_change
    from orders
    where counted_until is not null
),

bought as (
    select
        order_changes.customer_id,
        order_items.product_id,
        order_changes.happened_on,
        sum(order_changes.line_change) as order_line_count
    from order_changes
    inner join order_items on order_changes.order_id = order_items.order_id
    group by order_changes.customer_id, order_items.product_id, order_changes.happened_on
),

changes as (
    select
        customer_id,
        product_id,
        happened_on,
        view_count,
        add_to_cart_count,
        0 as order_line_count,
        0 as known_view_count
    from looked_at

    union all

    select
        customer_id,
        product_id,
        known_on as happened_on,
        0 as view_count,
        0 as add_to_cart_count,
        0 as order_line_count,
        view_count as known_view_count
    from looked_at

    union all

    select
        customer_id,
        product_id,
        happened_on,
        0 as view_count,
        0 as add_to_cart_count,
        order_line_count,
        0 as known_view_count
    from bought
),

dated as (
    select
        changes.customer_id,
        products.category,
        cast(last_day(changes.happened_on) as date) as counted_on,
        changes.view_count,
        changes.add_to_cart_count,
        changes.order_line_count,
        changes.known_view_count
    from changes
    inner join products on changes.product_id = products.product_id
    inner join as_of_dates on changes.happened_on <= as_of_dates.as_of_date
),

final as (
    select
        customer_id,
        category,
        counted_on,
        cast(sum(view_count) as bigint) as view_count,
        cast(sum(add_to_cart_count) as bigint) as add_to_cart_count,
        cast(sum(order_line_count) as bigint) as order_line_count,
        cast(sum(known_view_count) as bigint) as known_view_count
    from dated
    group by customer_id, category, counted_on
    having
        sum(view_count) > 0
        or sum(add_to_cart_count) > 0
        or sum(order_line_count) <> 0
        or sum(known_view_count) > 0
)

select * from final
