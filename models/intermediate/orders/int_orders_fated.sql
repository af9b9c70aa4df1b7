-- Every landed row of the orders entity with its fate: accepted, duplicate, superseded or quarantined.
{{ row_fates('orders', key='order_id', newest_by='updated_at') }}
