-- Olist's products as the products entity, with English categories where there is a translation.
with

products as (
    select * from {{ ref('stg_olist__products') }}
),

translations as (
    select
        category_name,
        min(english_name) as english_name
    from {{ ref('stg_olist__category_translations') }}
    where _rejection_reasons = ''
    group by category_name
),

final as (
    select
        products.product_id,
        cast(null as {{ dbt.type_string() }}) as product_name,
        {{ normalized_category('coalesce(translations.english_name, products.category_name)') }} as category,
        cast(null as {{ dbt.type_string() }}) as brand,
        cast(null as decimal(18, 4)) as unit_price,
        cast(null as decimal(18, 4)) as unit_cost,
        false as is_service_line,
        cast(null as timestamp) as updated_at,
        cast('products' as {{ dbt.type_string() }}) as _source_table,
        products._source_file,
        products._landed_on,
        products._rejection_reasons,
        products._raw_row
    from products
    left join translations on products.category_name = translations.category_name
)

select * from final
