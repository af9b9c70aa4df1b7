-- Every column of the core tables at a glance. Grain: one row per table_name and column_name.
-- Lineage columns (those that begin with _) are left out.
with

profiles as (
    {%- for table in ['dim_customers', 'dim_products', 'fct_events', 'fct_sessions', 'fct_orders', 'fct_order_items', 'fct_payments'] %}
    {{ profiled_columns(ref(table), table) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        table_name,
        column_name,
        cast(column_number as integer) as column_number,
        row_count,
        null_count,
        {{ rate('null_count', 'row_count') }} as null_rate,
        distinct_count,
        min_value,
        max_value,
        mean_value,
        outlier_count
    from profiles
    where column_name not like '!_%' escape '!'
)

select * from final
