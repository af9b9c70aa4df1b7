-- Devices on which the batch shows somebody logged in: their owners are asked for anew. Grain: one row per visitor_id.
select visitor_id
from {{ ref('int_events_batched') }}
where
    _rejection_reasons = ''
    and customer_id is not null

union

select visitor_id
from {{ ref('int_events_known') }}
where customer_id is not null
