-- The catalogue, and what is only referred to. Grain: one row per product_id.
-- unit_price is the catalogue's; where it has none (some sources), the mean price of the product's sold lines.
-- What changes here has to be noted down (int_spans_touched, int_shoppers_touched) before it does.
{{ runs_after('int_spans_touched') }}
{{ runs_after('int_shoppers_touched') }}
with

products as (
    select * from {{ ref('int_products_deduplicated') }}
),

order_items as (
    select * from {{ ref('int_order_items_deduplicated') }}
),

referred_to as (
    select product_id from {{ ref('int_events_deduplicated') }}
    union
    select product_id from order_items
),

sold_prices as (
    select
        product_id,
        {{ mean_amount('sum(unit_price)', 'count(unit_price)') }} as mean_sold_price
    from order_items
    where
        quantity > 0
        and unit_price is not null
    group by product_id
),

members as (
    select
        product_id,
        product_name,
        category,
        brand,
        unit_price,
        unit_cost,
        is_service_line,
        false as is_inferred
    from products

    union all

    select
        product_id,
        cast(null as {{ dbt.type_string() }}) as product_name,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as {{ dbt.type_string() }}) as brand,
        cast(null as decimal(18, 4)) as unit_price,
        cast(null as decimal(18, 4)) as unit_cost,
        false as is_service_line,
        true as is_inferred
    from referred_to
    where
        product_id is not null
        and not exists (
            select 1
            from products
            where products.product_id = referred_to.product_id
        )
),

final as (
    select
        members.product_id,
        members.product_name,
        members.category,
        members.brand,
        coalesce(members.unit_price, sold_prices.mean_sold_price) as unit_price,
        members.unit_cost,
        members.is_service_line,
        members.is_inferred
    from members
    left join sold_prices on members.product_id = sold_prices.product_id
)

select * from final
