-- Everybody whom an accepted invoice line names, as the customers entity; the country is that of the newest line.
-- Derived: the lines are accounted for as order_items.
with

newest as (
    select
        customer_id,
        max_by(country_name, (ordered_at, country_name)) filter (where country_name is not null) as country_name,
        max(ordered_at) as updated_at,
        min(_source_file) as _source_file,
        min(_landed_on) as _landed_on
    from {{ ref('stg_online_retail__invoice_lines') }}
    where
        _rejection_reasons = ''
        and customer_id is not null
    group by customer_id
),

countries as (
    select * from {{ ref('online_retail_countries') }}
),

final as (
    select
        newest.customer_id,
        cast(null as timestamp) as signed_up_at,
        cast(null as {{ dbt.type_string() }}) as customer_name,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as integer) as birth_year,
        case when countries.country_name is null then newest.country_name else countries.country end as country,
        cast(null as {{ dbt.type_string() }}) as region,
        cast(null as {{ dbt.type_string() }}) as city,
        cast(null as double) as latitude,
        cast(null as double) as longitude,
        newest.updated_at,
        cast(null as {{ dbt.type_string() }}) as _source_table,
        newest._source_file,
        newest._landed_on,
        '' as _rejection_reasons,
        cast(null as {{ dbt.type_string() }}) as _raw_row
    from newest
    left join countries on newest.country_name = countries.country_name
)

select * from final
