-- Every landed row of the products entity with its fate: accepted, duplicate, superseded or quarantined.
{{ row_fates('products', key='product_id', newest_by='updated_at') }}
