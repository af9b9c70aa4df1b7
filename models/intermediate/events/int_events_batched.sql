-- The rows of the source's logs in the files of this run, good and refused, in canonical names: the only place where the logs
-- are read and parsed. Grain: one row per landed row. A raw name that the seed does not know becomes 'other'.
with

events as (
    select * from {{ source_entity('events') }}
    where {{ in_batch() }}
),

event_names as (
    select * from {{ ref('event_names') }}
),

final as (
    select
        events.event_id,
        events.event_at,
        events.visitor_id,
        events.customer_id,
        coalesce(event_names.event_type, 'other') as event_type,
        events.event_name,
        events.outcome,
        events.product_id,
        events.quantity,
        events.amount,
        events.order_id,
        events.device_type,
        events.traffic_channel,
        events.campaign,
        events.country,
        events.payment_method,
        events.gateway,
        events.failure_reason,
        events.app_version,
        events._source_table,
        events._source_file,
        events._landed_on,
        events._rejection_reasons,
        events._raw_row
    from events
    left join event_names on lower(events.event_name) = event_names.raw_name
)

select * from final
