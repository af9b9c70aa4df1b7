-- The shop's order lines as the order_items entity. A line without an amount costs quantity times price.
-- Ids of lines are often numbers within the order (1, 2, 3 …): the order's id goes before them.
-- A line without an id gets one from its content and its occurrence in its file: two equal lines of one file are two
-- lines, the same line in another file is a redelivery.
with

lines as (
    select
        *,
        {{ content_hash(['order_id', 'product_id', 'seller_id', 'quantity', 'unit_price', 'amount']) }} as content_id
    from {{ ref('stg_storefront__order_items') }}
),

numbered as (
    select
        *,
        row_number() over (partition by order_item_id, content_id, _source_file order by content_id) as occurrence
    from lines
),

final as (
    select
        coalesce(
            order_id || '-' || order_item_id,
            md5(content_id || '|' || cast(occurrence as {{ dbt.type_string() }}))
        ) as order_item_id,
        order_id,
        product_id,
        seller_id,
        quantity,
        unit_price,
        coalesce(amount, try_cast(quantity * unit_price as decimal(18, 4))) as amount,
        cast(null as decimal(18, 4)) as shipping_amount,
        cast('order_items' as {{ dbt.type_string() }}) as _source_table,
        _source_file,
        _landed_on,
        _rejection_reasons,
        _raw_row
    from numbered
)

select * from final
