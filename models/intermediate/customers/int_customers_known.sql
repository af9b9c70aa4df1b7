-- Who is known at each snapshot. Grain: one row per customer_id and snapshot_on, from the first sign of the customer on, whatever it
-- is. A customer without any time is taken as known from the beginning.
{{ config(materialized='incremental', meta={'scope': snapshot_scope()}) }}

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

signs as (
    select
        customer_id,
        signed_up_at as seen_at
    from customers
    union all
    select
        customer_id,
        ordered_at as seen_at
    from orders
    union all
    select
        customer_id,
        attempted_at as seen_at
    from payments
    union all
    select
        customer_id,
        ended_at as seen_at
    from sessions
    union all
    select
        customer_id,
        identified_at as seen_at
    from visitors
),

first_signs as (
    select
        customer_id,
        cast(min(seen_at) as date) as first_seen_on
    from signs
    where
        customer_id is not null
        and {{ of_touched_customers('signs.customer_id') }}
    group by customer_id
),

members as (
    select
        customers.customer_id,
        first_signs.first_seen_on
    from customers
    left join first_signs on customers.customer_id = first_signs.customer_id
    where {{ of_touched_customers('customers.customer_id') }}
    {% if not execute or is_increment() %}
    union all

    select distinct
        kept.customer_id,
        kept.first_seen_on
    from {{ this }} as kept
    where {{ of_untouched_customers('kept.customer_id') }}
    {% endif %}
),

final as (
    select
        members.customer_id,
        members.first_seen_on,
        snapshots.snapshot_on,
        snapshots.snapshot_number,
        snapshots.is_latest
    from members
    inner join snapshots on coalesce(members.first_seen_on <= snapshots.snapshot_on, true)
    where {{ of_changed_snapshots('members.customer_id', 'snapshots.snapshot_on') }}
)

select * from final
