-- Accepted events, each once. Grain: one row per event_id.
{{ config(
    materialized='incremental', tags=['reads_landing'],
    meta={'scope': {'column': 'event_id', 'keys_of': 'int_events_known', 'key': 'event_id'}, 'stored_by': '_landed_on'},
    unique_key=['event_id']
) }}
{{ runs_after('int_events_known') }}

with

deliveries as (
    select * from {{ ref('int_events_batched') }}
    where _rejection_reasons = ''
),

repeated as (
    select * from {{ ref('int_events_repeated') }}
),

delivered_once as (
    select
        {{ event_columns() | join(',\n        ') }},
        _source_table,
        _source_file,
        _landed_on
    from deliveries
    where not exists (
        select 1
        from repeated
        where repeated.event_id = deliveries.event_id
    )
),

best_of_repeated as (
    select
        {{ event_columns() | join(',\n        ') }},
        _source_table,
        _source_file,
        _landed_on
    from repeated
    where
        delivery_rank = 1
        and {{ in_keys('int_events_batched', 'event_id', 'event_id') }}
),

final as (
    select * from delivered_once
    union all
    select * from best_of_repeated
)

select * from final
