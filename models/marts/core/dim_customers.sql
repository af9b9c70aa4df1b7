-- The people the shop knows, and those it only refers to. Grain: one row per customer_id.
-- Somebody whom an event, order or payment names and whose own row has not landed is an inferred member: every reference
-- holds, and when the row lands it takes the place.
{{ config(materialized='incremental', meta={'scope': shopper_scope('customer_id')}) }}

with

customers as (
    select * from {{ ref('int_customers_deduplicated') }} as customers
    where {{ of_touched_customers('customers.customer_id') }}
),

referred_to as (
    select customer_id from {{ ref('int_visitors_identified') }}
    union
    select customer_id from {{ ref('int_orders_deduplicated') }}
    union
    select customer_id from {{ ref('int_payments_deduplicated') }}
),

inferred as (
    select customer_id
    from referred_to
    where
        customer_id is not null
        and {{ of_touched_customers('referred_to.customer_id') }}
        and not exists (
            select 1
            from customers
            where customers.customer_id = referred_to.customer_id
        )
),

final as (
    select
        customer_id,
        customer_name,
        email,
        gender,
        birth_year,
        country,
        region,
        city,
        latitude,
        longitude,
        signed_up_at,
        false as is_inferred
    from customers

    union all

    select
        customer_id,
        cast(null as {{ dbt.type_string() }}) as customer_name,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as integer) as birth_year,
        cast(null as {{ dbt.type_string() }}) as country,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as double) as latitude,
        cast(null as double) as longitude,
        cast(null as timestamp) as signed_up_at,
        true as is_inferred
    from inferred
)

select * from final
