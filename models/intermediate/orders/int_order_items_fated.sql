-- Every landed row of the order_items entity with its fate: accepted, duplicate, superseded or quarantined.
{{ row_fates('order_items', key='order_item_id') }}
