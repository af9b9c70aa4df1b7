-- What earlier runs know of the events in this batch. Grain: one row per delivery of an event_id that is in the batch again: all of
-- them where it had come more than once, else the one. Empty while nothing was loaded before.
-- A killed run may have left rows of this very batch here: their files are new_files, and who asks for older ones leaves them out.
{%- set repeated = state_of('int_events_repeated') %}
{%- set counted = state_of('int_events_deduplicated') %}
{%- set columns = event_columns() + ['_source_table', '_source_file', '_landed_on'] %}
with

batch as (
    select * from {{ ref('int_events_batched') }}
    where _rejection_reasons = ''
),

{% if has_finished_runs() and repeated and counted -%}
batch_ids as (
    select distinct event_id from batch
),

repeated as (
    select *
    from {{ repeated }}
    where event_id in (select batch_ids.event_id from batch_ids)
),

final as (
    select
        {{ columns | join(',\n        ') }}
    from repeated
    union all
    select
        {{ columns | join(',\n        ') }}
    from {{ counted }} as counted
    where
        event_id in (select batch_ids.event_id from batch_ids)
        and not exists (
            select 1
            from repeated
            where repeated.event_id = counted.event_id
        )
)
{%- else -%}
final as (
    select
        {{ columns | join(',\n        ') }}
    from batch
    where false
)
{%- endif %}

select * from final
