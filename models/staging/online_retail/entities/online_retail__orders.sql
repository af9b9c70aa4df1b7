-- Invoices as the orders entity, derived from their accepted lines, which are accounted for as order_items.
-- Amounts are left to the lines. A cancellation is an order of its own, returned when it was written.
with

invoices as (
    select
        order_id,
        max(customer_id) as customer_id,
        min(ordered_at) as ordered_at,
        {{ invoice_status('order_id', 'quantity', 'unit_price') }} as status,
        min(_source_file) as _source_file,
        min(_landed_on) as _landed_on
    from {{ ref('stg_online_retail__invoice_lines') }}
    where _rejection_reasons = ''
    group by order_id
),

final as (
    select
        order_id,
        customer_id,
        ordered_at,
        status,
        cast(null as timestamp) as canceled_at,
        case when status = 'returned' then ordered_at end as returned_at,
        'GBP' as currency,
        cast(null as decimal(18, 4)) as item_amount,
        cast(null as decimal(18, 4)) as shipping_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        cast(null as decimal(18, 4)) as order_amount,
        cast(null as timestamp) as delivered_at,
        cast(null as date) as estimated_delivery_on,
        cast(null as timestamp) as updated_at,
        cast(null as {{ dbt.type_string() }}) as _source_table,
        _source_file,
        _landed_on,
        '' as _rejection_reasons,
        cast(null as {{ dbt.type_string() }}) as _raw_row
    from invoices
)

select * from final
