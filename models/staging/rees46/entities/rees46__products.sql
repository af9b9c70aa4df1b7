-- Every product that an accepted event names, as the products entity: category, brand and price as they were last known.
-- Derived: the rows are accounted for as events. At equal times the greater value wins, so that the result never depends on order.
select
    product_id,
    cast(null as {{ dbt.type_string() }}) as product_name,
    max_by(category, (event_at, category)) filter (where category is not null) as category,
    max_by(brand, (event_at, brand)) filter (where brand is not null) as brand,
    max_by(price, (event_at, price)) filter (where price is not null) as unit_price,
    cast(null as decimal(18, 4)) as unit_cost,
    false as is_service_line,
    max(event_at) as updated_at,
    cast(null as {{ dbt.type_string() }}) as _source_table,
    min(_source_file) as _source_file,
    min(_landed_on) as _landed_on,
    '' as _rejection_reasons,
    cast(null as {{ dbt.type_string() }}) as _raw_row
from {{ ref('stg_rees46__events') }}
where _rejection_reasons = ''
group by product_id
