-- Accepted deliveries of events that arrived more than once, ranked: rank 1 is the one that counts, the rest are duplicates.
-- Grain: one row per delivery. The winner is the smallest by content, never the first to arrive, so that the order of
-- arrival cannot matter even when redeliveries disagree. Only repeated ids are ranked: a window over all events costs more.
-- In an increment the deliveries that earlier runs know of the batch's events are ranked again with the new ones.
{{ config(
    materialized='incremental', tags=['reads_landing'],
    meta={'scope': {'column': 'event_id', 'keys_of': 'int_events_known', 'key': 'event_id'}}
) }}
{%- set columns = event_columns() + ['_source_table', '_source_file', '_landed_on'] %}

with

deliveries as (
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('int_events_batched') }}
    where _rejection_reasons = ''
    {% if not execute or is_increment() %}
    union all

    select
        {{ columns | join(',\n        ') }}
    from {{ ref('int_events_known') }} as known
    where {{ is_of_an_earlier_file('known._source_file') }}
    {% endif %}
),

repeated_ids as (
    select event_id
    from deliveries
    group by event_id
    having count(*) > 1
),

repeated as (
    select deliveries.*
    from deliveries
    inner join repeated_ids on deliveries.event_id = repeated_ids.event_id
),

final as (
    select
        {{ event_columns() | join(',\n        ') }},
        _source_table,
        _source_file,
        _landed_on,
        row_number() over (
            partition by event_id
            order by
                {{ event_columns()[1:] | join(' nulls last,\n                ') }} nulls last,
                _landed_on nulls last,
                _source_file nulls last
        ) as delivery_rank
    from repeated
)

select * from final
