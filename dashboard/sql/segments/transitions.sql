-- Who went from which segment to which at a snapshot.
select
    from_segment,
    to_segment,
    customer_count,
    share_rate
from marts.segment_transitions
where
    scheme = $scheme
    and snapshot_on = $snapshot
order by customer_count desc, from_segment asc, to_segment asc
