-- Every stock code that an accepted invoice line names, as the products entity. Derived: the lines are accounted for as
-- order_items. The name is that of the newest line sold for money: stock corrections say 'damaged', 'check' or '?' there.
with

lines as (
    select
        *,
        quantity > 0 and unit_price > 0 as is_sold
    from {{ ref('stg_online_retail__invoice_lines') }}
    where _rejection_reasons = ''
),

newest as (
    select
        product_id,
        max_by(product_name, (ordered_at, product_name)) filter (where product_name is not null and is_sold) as sold_name,
        max_by(product_name, (ordered_at, product_name)) filter (where product_name is not null) as any_name,
        max(is_service_line) as is_service_line,
        max(ordered_at) as updated_at,
        min(_source_file) as _source_file,
        min(_landed_on) as _landed_on
    from lines
    group by product_id
),

final as (
    select
        product_id,
        coalesce(sold_name, any_name) as product_name,
        cast(null as {{ dbt.type_string() }}) as category,
        cast(null as {{ dbt.type_string() }}) as brand,
        cast(null as decimal(18, 4)) as unit_price,
        cast(null as decimal(18, 4)) as unit_cost,
        is_service_line,
        updated_at,
        cast(null as {{ dbt.type_string() }}) as _source_table,
        _source_file,
        _landed_on,
        '' as _rejection_reasons,
        cast(null as {{ dbt.type_string() }}) as _raw_row
    from newest
)

select * from final
