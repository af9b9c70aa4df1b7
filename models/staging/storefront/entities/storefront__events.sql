-- The shop's three logs (clicks, carts, payment attempts) as the events entity.
-- A visitor that is not named is the customer.
with

clickstream as (
    select
        event_id,
        event_at,
        coalesce(visitor_id, customer_id) as visitor_id,
        customer_id,
        event_name,
        cast(null as {{ dbt.type_string() }}) as outcome,
        product_id,
        cast(null as bigint) as quantity,
        cast(null as decimal(18, 4)) as amount,
        order_id,
        device_type,
        traffic_channel,
        campaign,
        country,
        cast(null as {{ dbt.type_string() }}) as payment_method,
        cast(null as {{ dbt.type_string() }}) as gateway,
        cast(null as {{ dbt.type_string() }}) as failure_reason,
        app_version,
        cast('clickstream' as {{ dbt.type_string() }}) as _source_table,
        _source_file,
        _landed_on,
        _rejection_reasons,
        _raw_row
    from {{ ref('stg_storefront__clickstream') }}
),

cart_events as (
    select
        event_id,
        event_at,
        coalesce(visitor_id, customer_id) as visitor_id,
        customer_id,
        event_name,
        cast(null as {{ dbt.type_string() }}) as outcome,
        product_id,
        quantity,
        try_cast(quantity * unit_price as decimal(18, 4)) as amount,
        cast(null as {{ dbt.type_string() }}) as order_id,
        device_type,
        traffic_channel,
        campaign,
        country,
        cast(null as {{ dbt.type_string() }}) as payment_method,
        cast(null as {{ dbt.type_string() }}) as gateway,
        cast(null as {{ dbt.type_string() }}) as failure_reason,
        app_version,
        cast('cart_events' as {{ dbt.type_string() }}) as _source_table,
        _source_file,
        _landed_on,
        _rejection_reasons,
        _raw_row
    from {{ ref('stg_storefront__cart_events') }}
),

payment_attempts as (
    select
        payment_id as event_id,
        attempted_at as event_at,
        coalesce(visitor_id, customer_id) as visitor_id,
        customer_id,
        'payment_attempted' as event_name,
        result as outcome,
        cast(null as {{ dbt.type_string() }}) as product_id,
        cast(null as bigint) as quantity,
        amount,
        order_id,
        device_type,
        traffic_channel,
        campaign,
        country,
        payment_method,
        gateway,
        failure_reason,
        app_version,
        cast('payment_attempts' as {{ dbt.type_string() }}) as _source_table,
        _source_file,
        _landed_on,
        _rejection_reasons,
        _raw_row
    from {{ ref('stg_storefront__payment_attempts') }}
),

final as (
    select * from clickstream
    union all
    select * from cart_events
    union all
    select * from payment_attempts
)

select * from final
