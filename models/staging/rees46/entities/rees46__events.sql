-- REES46's events as the events entity. The customer is the visitor: no device is known.
-- A purchase belongs to the order of its session; where the source gives no session it is an order of its own.
select
    event_id,
    event_at,
    customer_id as visitor_id,
    customer_id,
    event_name,
    cast(null as {{ dbt.type_string() }}) as outcome,
    product_id,
    cast(1 as bigint) as quantity,
    price as amount,
    case when event_name = 'purchase' then coalesce(source_session_id, event_id) end as order_id,
    cast(null as {{ dbt.type_string() }}) as device_type,
    cast(null as {{ dbt.type_string() }}) as traffic_channel,
    cast(null as {{ dbt.type_string() }}) as campaign,
    cast(null as {{ dbt.type_string() }}) as country,
    cast(null as {{ dbt.type_string() }}) as payment_method,
    cast(null as {{ dbt.type_string() }}) as gateway,
    cast(null as {{ dbt.type_string() }}) as failure_reason,
    cast(null as {{ dbt.type_string() }}) as app_version,
    cast('events' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_rees46__events') }}
