-- Olist's order lines as the order_items entity: every piece is a row.
select
    order_id || '-' || line_number as order_item_id,
    order_id,
    product_id,
    seller_id,
    cast(1 as bigint) as quantity,
    unit_price,
    unit_price as amount,
    shipping_amount,
    cast('order_items' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_olist__order_items') }}
