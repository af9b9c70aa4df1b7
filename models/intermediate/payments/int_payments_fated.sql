-- Every landed row of the payments entity with its fate: accepted, duplicate, superseded or quarantined.
{{ row_fates('payments', key='payment_id') }}
