-- Owners of the devices in int_visitors_seen by all that is known now, before int_visitors_identified takes them over: what differs
-- is what changes. Grain: one row per visitor and run of one customer's identified events. Empty when everything is made anew.
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
        and visitor_id in (select seen.visitor_id from {{ ref('int_visitors_seen') }} as seen)
        and {{ 'true' if has_finished_runs() else 'false' }}
),

{{ owner_intervals() }}

select * from owner_intervals
