-- The purchases of a session as an order. Derived: the rows are accounted for as events, amounts are left to the lines.
-- The source gives one session to several users now and then: who bought first (then the smaller id) is the customer.
with

purchases as (
    select *
    from {{ ref('rees46__events') }}
    where
        event_name = 'purchase'
        and _rejection_reasons = ''
),

final as (
    select
        order_id,
        min_by(customer_id, (event_at, customer_id)) as customer_id,
        min(event_at) as ordered_at,
        'paid' as status,
        cast(null as timestamp) as canceled_at,
        cast(null as timestamp) as returned_at,
        cast(null as {{ dbt.type_string() }}) as currency,
        cast(null as decimal(18, 4)) as item_amount,
        cast(null as decimal(18, 4)) as shipping_amount,
        cast(null as decimal(18, 4)) as discount_amount,
        cast(null as decimal(18, 4)) as order_amount,
        cast(null as timestamp) as delivered_at,
        cast(null as date) as estimated_delivery_on,
        cast(null as timestamp) as updated_at,
        cast(null as {{ dbt.type_string() }}) as _source_table,
        min(_source_file) as _source_file,
        min(_landed_on) as _landed_on,
        '' as _rejection_reasons,
        cast(null as {{ dbt.type_string() }}) as _raw_row
    from purchases
    group by order_id
)

select * from final
