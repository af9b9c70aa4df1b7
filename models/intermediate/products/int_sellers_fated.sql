-- Every landed row of the sellers entity with its fate: accepted, duplicate, superseded or quarantined.
{{ row_fates('sellers', key='seller_id') }}
