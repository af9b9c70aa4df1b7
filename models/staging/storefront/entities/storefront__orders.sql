-- The shop's orders as the orders entity.
select
    order_id,
    customer_id,
    ordered_at,
    status,
    canceled_at,
    returned_at,
    currency,
    item_amount,
    shipping_amount,
    discount_amount,
    order_amount,
    delivered_at,
    estimated_delivery_on,
    updated_at,
    cast('orders' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_storefront__orders') }}
