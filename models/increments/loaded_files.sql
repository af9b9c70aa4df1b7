-- The files whose rows are in every table. Grain: one row per landed file.
-- It comes last: a run that was killed, failed or left a table out does not get here, and the next one reads its files again.
-- first_date and as_of_date are those that the file's batch led to.
{{ config(meta={'scope': {'column': 'source_file', 'keys_of': 'new_files', 'key': 'source_file'}}) }}

{%- for model_name in [
    'int_events_quarantined', 'int_events_repeated', 'int_events_deduplicated', 'int_visitors_identified', 'int_spans_touched',
    'int_events_sessionized', 'int_sessions_summarized', 'int_landed_counts', 'int_row_fates',
    'int_funnel_chains', 'int_event_gaps_measured', 'session_risk', 'int_carts_followed',
    'int_visitor_days_counted', 'int_shoppers_touched', 'customer_risk',
    'int_event_days_touched', 'int_event_features_counted', 'int_snapshots_moved', 'int_shopper_products_counted',
    'int_customer_categories_counted', 'int_customer_days_active', 'int_customer_favourites_snapshotted',
    'int_customer_sessions_snapshotted', 'int_customer_experiences_snapshotted', 'int_customer_orders_snapshotted',
    'int_order_gaps_snapshotted', 'int_customers_known', 'int_customers_snapshotted', 'customer_timeline',
    'int_orders_touched', 'int_orders_completed', 'fct_orders', 'fct_order_items', 'dim_customers',
    'int_order_categories_listed',
] %}
{{ runs_after(model_name) }}
{%- endfor %}

select
    source_file,
    source_table,
    landed_on,
    byte_count,
    modified_us,
    content_md5,
    batch_number,
    as_of.first_date,
    as_of.as_of_date
from {{ ref('new_files') }}
cross join {{ ref('int_as_of_dates') }} as as_of
where {{ have_all_increments_run() }}
