-- Invoice lines as the order_items entity. The hash of the content is the line's id: an exact duplicate is a duplicate here.
select
    order_item_id,
    order_id,
    product_id,
    cast(null as {{ dbt.type_string() }}) as seller_id,
    quantity,
    unit_price,
    try_cast(quantity * unit_price as decimal(18, 4)) as amount,
    cast(null as decimal(18, 4)) as shipping_amount,
    cast('invoice_lines' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_online_retail__invoice_lines') }}
