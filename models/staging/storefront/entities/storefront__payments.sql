-- The shop's accepted payment attempts as the payments entity. They are accounted for as events: here _source_table is NULL.
select
    payment_id,
    order_id,
    customer_id,
    coalesce(visitor_id, customer_id) as visitor_id,
    attempted_at,
    payment_method,
    gateway,
    installments,
    amount,
    result,
    failure_reason,
    device_type,
    traffic_channel,
    country,
    app_version,
    cast(null as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_storefront__payment_attempts') }}
where _rejection_reasons = ''
