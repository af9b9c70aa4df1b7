-- Olist's payments as the payments entity. The file has no times: a payment's is its order's approval, else its order's.
with

payments as (
    select * from {{ ref('stg_olist__payments') }}
),

orders as (
    select
        orders.order_id,
        min(entities.customer_id) as customer_id,
        min(coalesce(orders.approved_at, orders.ordered_at)) as attempted_at
    from {{ ref('stg_olist__orders') }} as orders
    inner join {{ ref('olist__orders') }} as entities on orders.order_id = entities.order_id
    where
        orders._rejection_reasons = ''
        and entities._rejection_reasons = ''
    group by orders.order_id
),

final as (
    select
        payments.order_id || '-' || payments.payment_sequential as payment_id,
        payments.order_id,
        orders.customer_id,
        orders.customer_id as visitor_id,
        orders.attempted_at,
        payments.payment_method,
        cast(null as {{ dbt.type_string() }}) as gateway,
        payments.installments,
        payments.amount,
        'approved' as result,
        cast(null as {{ dbt.type_string() }}) as failure_reason,
        cast(null as {{ dbt.type_string() }}) as device_type,
        cast(null as {{ dbt.type_string() }}) as traffic_channel,
        cast(null as {{ dbt.type_string() }}) as country,
        cast(null as {{ dbt.type_string() }}) as app_version,
        cast('payments' as {{ dbt.type_string() }}) as _source_table,
        payments._source_file,
        payments._landed_on,
        payments._rejection_reasons,
        payments._raw_row
    from payments
    left join orders on payments.order_id = orders.order_id
)

select * from final
