-- Rows of each landed table and day, counted on the files themselves.
with

counted as (
    {%- for table in ['clickstream', 'cart_events', 'payment_attempts', 'customers', 'products', 'orders', 'order_items', 'reviews'] %}
    {{ landed_counts('storefront', table) }}
    union all
    {%- endfor %}
    {{ landed_counts('storefront', 'clickstream_lines', reported_as='clickstream') }}
    union all
    {{ landed_counts('storefront', 'cart_events_lines', reported_as='cart_events') }}
),

final as (
    select
        source_table,
        source_file,
        landed_on,
        cast(sum(landed_count) as bigint) as landed_count
    from counted
    group by source_table, source_file, landed_on
)

select * from final
