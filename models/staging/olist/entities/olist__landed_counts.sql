-- Rows of each landed table, counted on the files themselves: they carry no day of arrival.
{%- for table in [
    'customers', 'orders', 'order_items', 'payments', 'reviews', 'products', 'sellers', 'category_translation', 'geolocation',
] %}
{{ landed_counts('olist', table) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
