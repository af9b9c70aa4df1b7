-- Accepted deliveries of events that arrived more than once, ranked: rank 1 is the one that counts, the rest are duplicates.
-- Grain: one row per delivery. The winner is the smallest by content, never the first to arrive, so that the order of
-- arrival cannot matter even when redeliveries disagree. Only repeated ids are ranked: a window over all events costs more.
with

deliveries as (
    select * from {{ ref('int_events_batched') }}
    where _rejection_reasons = ''
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
