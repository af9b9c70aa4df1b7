-- Whose device is it, and when: intervals of visitor and customer, beside the sessions and never part of their key.
-- Grain: one row per visitor and run of one customer's identified events. [valid_from, valid_to). The rule is owner_intervals().
-- What changes has to be noted down (int_spans_touched, int_shoppers_touched) before it does.
{{ config(
    materialized='incremental',
    meta={'scope': {'column': 'visitor_id', 'keys_of': 'int_visitors_seen', 'key': 'visitor_id'}}
) }}
{{ runs_after('int_spans_touched') }}
{{ runs_after('int_shoppers_touched') }}
{{ runs_after('int_events_deduplicated') }}
{{ runs_after('int_visitors_reidentified') }}

{% if is_increment() -%}
select * from {{ ref('int_visitors_reidentified') }}
{%- else -%}
with

identified as (
    select
        visitor_id,
        customer_id,
        event_at,
        event_id
    from {{ ref('int_events_deduplicated') }}
    where
        customer_id is not null
        and {{ in_bucket('visitor_id') }}
),

{{ owner_intervals() }}

select * from owner_intervals
{%- endif %}
