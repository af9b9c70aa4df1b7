-- What a customer did, newest first: orders, sessions, payments and reviews. Grain: one row per customer_id and
-- timeline_number, at most timeline_max_rows of the newest. Nothing from the as-of moment on; a session that was still
-- running then is left out. At the same time: by kind of activity, then by id.
{{ config(materialized='incremental', meta={'scope': shopper_scope('customer_id')}) }}

with

orders as (
    select * from {{ ref('fct_orders') }} as orders
    where
        customer_id is not null
        and {{ of_touched_customers('orders.customer_id') }}
),

sessions as (
    select * from {{ ref('fct_sessions') }} as sessions
    where
        customer_id is not null
        and {{ of_touched_customers('sessions.customer_id') }}
),

payments as (
    select * from {{ ref('fct_payments') }} as payments
    where
        customer_id is not null
        and {{ of_touched_customers('payments.customer_id') }}
),

reviews as (
    select * from {{ ref('int_reviews_deduplicated') }}
),

as_of_dates as (
    select * from {{ ref('int_as_of_dates') }}
),

activities as (
    select
        customer_id,
        ordered_at as occurred_at,
        ordered_at as ended_at,
        'order' as activity,
        order_id as activity_id,
        'Order ' || {{ status_at('orders', as_of_moment()) }} as title,
        order_amount as amount,
        cast(item_count as {{ dbt.type_string() }}) || ' items' as detail
    from orders

    union all

    select
        customer_id,
        started_at as occurred_at,
        ended_at,
        'session' as activity,
        session_id as activity_id,
        'Visit: ' || cast(event_count as {{ dbt.type_string() }}) || ' events' as title,
        cast(null as decimal(18, 4)) as amount,
        device_type as detail
    from sessions

    union all

    select
        customer_id,
        attempted_at as occurred_at,
        attempted_at as ended_at,
        'payment' as activity,
        payment_id as activity_id,
        'Payment ' || result as title,
        amount,
        failure_reason as detail
    from payments

    union all

    select
        orders.customer_id,
        reviews.reviewed_at as occurred_at,
        reviews.reviewed_at as ended_at,
        'review' as activity,
        reviews.review_id as activity_id,
        'Review: ' || cast(reviews.score as {{ dbt.type_string() }}) || ' of 5' as title,
        cast(null as decimal(18, 4)) as amount,
        reviews.order_id as detail
    from reviews
    inner join orders on reviews.order_id = orders.order_id
),

numbered as (
    select
        activities.*,
        cast(
            row_number() over (
                partition by activities.customer_id
                order by
                    activities.occurred_at desc nulls last,
                    activities.activity asc nulls last,
                    activities.activity_id asc nulls last
            ) as integer
        ) as timeline_number
    from activities
    inner join as_of_dates on activities.ended_at < as_of_dates.as_of_moment
),

final as (
    select
        customer_id,
        timeline_number,
        occurred_at,
        activity,
        activity_id,
        title,
        amount,
        detail
    from numbered
    where timeline_number <= {{ whole_variable('timeline_max_rows') }}
)

select * from final
