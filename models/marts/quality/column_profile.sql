{%- set tables = {
    'dim_customers': none,
    'dim_products': none,
    'fct_events': 'event_at',
    'fct_sessions': 'started_at',
    'fct_orders': 'ordered_at',
    'fct_order_items': 'ordered_at',
    'fct_payments': 'attempted_at',
} -%}
-- Every column of the core tables at a glance. Grain: one row per table_name and column_name.
-- Facts are those of the last profile_days days up to the as-of date, and those without a time: what is wrong today shows there, and
-- the cost does not grow with history. Lineage columns (those that begin with _) are left out.
{{ runs_after('int_as_of_dates') }}
with

profiles as (
    {%- for table, time_column in tables.items() %}
    {{ profiled_columns(ref(table), table, time_column) }}
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
