-- The shop's products as the products entity: every one of them is a product.
select
    product_id,
    product_name,
    category,
    brand,
    unit_price,
    unit_cost,
    false as is_service_line,
    updated_at,
    cast('products' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_storefront__products') }}
