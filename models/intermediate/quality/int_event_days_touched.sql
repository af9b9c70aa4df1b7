-- Days whose counts of events this batch changes: the landing days (of the event, where the source tells none) of its events and of
-- those that they may replace. Grain: one row per measured_on and batch. Those of a run that did not finish stay for the next one.
{{ config(materialized='incremental', incremental_strategy='accumulate') }}

with

batches as (
    select distinct batch_number from {{ ref('new_files') }}
),

days as (
    select {{ measured_day('_landed_on', 'event_at') }} as measured_on
    from {{ ref('int_events_batched') }}
    where _rejection_reasons = ''
    union
    select {{ measured_day('_landed_on', 'event_at') }} as measured_on from {{ ref('int_events_known') }}
),

final as (
    select
        days.measured_on,
        batches.batch_number
    from days
    cross join batches
)

select * from final
