-- Every landed row of the reviews entity with its fate: accepted, duplicate, superseded or quarantined.
{{ row_fates('reviews', key='review_id') }}
