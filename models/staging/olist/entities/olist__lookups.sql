-- The files that only feed products and customers by a join, row by row, so that they are accounted for too.
select
    category_name as lookup_key,
    cast('category_translation' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_olist__category_translations') }}

union all

select
    zip_prefix as lookup_key,
    cast('geolocation' as {{ dbt.type_string() }}) as _source_table,
    _source_file,
    _landed_on,
    _rejection_reasons,
    _raw_row
from {{ ref('stg_olist__geolocations') }}
