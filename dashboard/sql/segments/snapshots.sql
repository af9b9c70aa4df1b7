-- The snapshots that have one before them, the newest first.
select distinct
    snapshot_on,
    previous_snapshot_on
from marts.segment_transitions
order by snapshot_on desc, previous_snapshot_on desc
