-- Every landed row of the payments entity with its fate: accepted, duplicate or quarantined.
-- An attempt is a thing that happened, not a thing with versions: of several deliveries the smallest by content counts, in
-- the order in which int_events_repeated compares events, so that both tables tell the same of an attempt.
{{ row_fates('payments', key='payment_id', smallest_by=[
    'attempted_at', 'visitor_id', 'customer_id', 'result', 'amount', 'order_id', 'device_type', 'traffic_channel', 'country',
    'payment_method', 'gateway', 'failure_reason', 'app_version',
]) }}
