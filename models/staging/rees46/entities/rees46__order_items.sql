-- Every purchase event as the line of an order, exact duplicates once: the event's id is a hash of the whole row, so rows
-- that share it share everything. Derived: the rows are accounted for as events.
select
    event_id as order_item_id,
    order_id,
    product_id,
    cast(null as {{ dbt.type_string() }}) as seller_id,
    quantity,
    amount as unit_price,
    amount,
    cast(null as decimal(18, 4)) as shipping_amount,
    cast(null as {{ dbt.type_string() }}) as _source_table,
    min(_source_file) as _source_file,
    min(_landed_on) as _landed_on,
    '' as _rejection_reasons,
    cast(null as {{ dbt.type_string() }}) as _raw_row
from {{ ref('rees46__events') }}
where
    event_name = 'purchase'
    and _rejection_reasons = ''
group by event_id, order_id, product_id, quantity, amount
