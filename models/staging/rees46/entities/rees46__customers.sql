-- Everybody whom an accepted event names, as the customers entity. Derived: the rows are accounted for as events.
select
    customer_id,
    cast(null as timestamp) as signed_up_at,
    cast(null as {{ dbt.type_string() }}) as customer_name,
    cast(null as {{ dbt.type_string() }}) as email,
    cast(null as {{ dbt.type_string() }}) as gender,
    cast(null as integer) as birth_year,
    cast(null as {{ dbt.type_string() }}) as country,
    cast(null as {{ dbt.type_string() }}) as region,
    cast(null as {{ dbt.type_string() }}) as city,
    cast(null as double) as latitude,
    cast(null as double) as longitude,
    cast(null as timestamp) as updated_at,
    cast(null as {{ dbt.type_string() }}) as _source_table,
    min(_source_file) as _source_file,
    min(_landed_on) as _landed_on,
    '' as _rejection_reasons,
    cast(null as {{ dbt.type_string() }}) as _raw_row
from {{ ref('stg_rees46__events') }}
where _rejection_reasons = ''
group by customer_id
