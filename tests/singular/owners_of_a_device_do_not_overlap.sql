-- Guards against an event that belongs to two customers, which would double it in every mart. Prints the intervals that
-- begin before the one before them ends.
with

with_previous as (
    select
        visitor_id,
        customer_id,
        valid_from,
        valid_to,
        lag(valid_to) over (partition by visitor_id order by valid_from nulls last) as previous_valid_to
    from {{ ref('int_visitors_identified') }}
)

select *
from with_previous
where
    valid_from < previous_valid_to
    or valid_to <= valid_from
