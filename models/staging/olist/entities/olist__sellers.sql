-- Olist's sellers as the sellers entity.
select
    seller_id,
    city,
    region,
    'BR' as country,
    cast('sellers' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_olist__sellers') }}
