-- Orders as they landed, typed, with the reasons to refuse a row. An order without a customer is a guest's.
-- Grain: one row per landed row. NULL or empty text is missing.
with

landed as (
    {{ landed('storefront', 'orders') }}
),

cleaned as (
    select
        {%- for column in landed_columns('storefront', 'orders') %}
        {{ clean_text(column) }} as {{ column }},
        {%- endfor %}
        _source_file,
        _landed_on,
        _row
    from landed
),

typed as (
    select
        * except (
            ordered_at, status, canceled_at, returned_at, item_amount, shipping_amount, discount_amount, order_amount,
            delivered_at, estimated_delivery_on, updated_at
        ),
        ordered_at as ordered_at_text,
        order_amount as order_amount_text,
        {{ parse_utc('ordered_at') }} as ordered_at,
        lower(status) as status,
        {{ parse_utc('canceled_at') }} as canceled_at,
        {{ parse_utc('returned_at') }} as returned_at,
        try_cast(item_amount as decimal(18, 4)) as item_amount,
        try_cast(shipping_amount as decimal(18, 4)) as shipping_amount,
        try_cast(discount_amount as decimal(18, 4)) as discount_amount,
        try_cast(order_amount as decimal(18, 4)) as order_amount,
        {{ parse_utc('delivered_at') }} as delivered_at,
        cast({{ parse_utc('estimated_delivery_on') }} as date) as estimated_delivery_on,
        {{ parse_utc('updated_at') }} as updated_at
    from cleaned
),

judged as (
    select
        *,
        {{ rejection_reasons() }} as _rejection_reasons
    from typed
),

final as (
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
        _source_file,
        _landed_on,
        _rejection_reasons,
        {{ raw_row() }} as _raw_row
    from judged
)

select * from final
