-- The people behind Olist's orders as the customers entity: a row per order, the address of the newest order wins.
-- An order that was refused says nothing about when.
with

customers as (
    select * from {{ ref('stg_olist__customers') }}
),

order_times as (
    select
        order_customer_id,
        max(ordered_at) as ordered_at
    from {{ ref('stg_olist__orders') }}
    where _rejection_reasons = ''
    group by order_customer_id
),

-- Means over decimals: sums of doubles change from run to run.
zip_prefixes as (
    select
        zip_prefix,
        cast(sum(latitude) as double) / count(*) as latitude,
        cast(sum(longitude) as double) / count(*) as longitude
    from {{ ref('stg_olist__geolocations') }}
    where _rejection_reasons = ''
    group by zip_prefix
),

final as (
    select
        customers.customer_id,
        cast(null as timestamp) as signed_up_at,
        cast(null as {{ dbt.type_string() }}) as customer_name,
        cast(null as {{ dbt.type_string() }}) as email,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as integer) as birth_year,
        'BR' as country,
        customers.region,
        customers.city,
        zip_prefixes.latitude,
        zip_prefixes.longitude,
        order_times.ordered_at as updated_at,
        cast('customers' as {{ dbt.type_string() }}) as _source_table,
        customers._source_file,
        customers._landed_on,
        customers._rejection_reasons,
        customers._raw_row
    from customers
    left join order_times on customers.order_customer_id = order_times.order_customer_id
    left join zip_prefixes on customers.zip_prefix = zip_prefixes.zip_prefix
)

select * from final
