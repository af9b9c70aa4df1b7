-- Every landed row of the customers entity with its fate: accepted, duplicate, superseded or quarantined.
{{ row_fates('customers', key='customer_id', newest_by='updated_at') }}
