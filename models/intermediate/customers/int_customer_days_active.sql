-- On which days (UTC) each customer was there: retention, life cycle and stickiness count from here. Grain: one row per
-- customer_id and active_on, at most the as-of date. A day is active by an event of a device that was the customer's at
-- the time, or by an order that counts as of today.
{{ config(materialized='incremental', meta={'scope': shopper_scope('customer_id')}) }}

with

visitor_days as (
    select * from {{ ref('int_visitor_days_counted') }} as visitor_days
    where
        customer_id is not null
        and {{ of_touched_customers('visitor_days.customer_id') }}
),

orders as (
    select * from {{ ref('int_orders_completed') }} as orders
    where
        customer_id is not null
        and {{ of_touched_customers('orders.customer_id') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

days as (
    select
        visitor_days.customer_id,
        visitor_days.event_date as active_on,
        true as has_event,
        false as has_order
    from visitor_days
    inner join as_of_dates on visitor_days.event_date <= as_of_dates.as_of_date

    union all

    select
        orders.customer_id,
        cast(orders.ordered_at as date) as active_on,
        false as has_event,
        true as has_order
    from orders
    inner join as_of_dates on {{ is_counted_at('orders', 'as_of_dates.as_of_moment') }}
),

final as (
    select
        customer_id,
        active_on,
        bool_or(has_event) as has_event,
        bool_or(has_order) as has_order
    from days
    group by customer_id, active_on
)

select * from final
