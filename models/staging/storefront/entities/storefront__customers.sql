-- The shop's customers as the customers entity.
select
    customer_id,
    signed_up_at,
    customer_name,
    email,
    gender,
    birth_year,
    country,
    region,
    city,
    latitude,
    longitude,
    updated_at,
    cast('customers' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_storefront__customers') }}
