-- From which engagement segment to which customers went since the snapshot before.
with latest as (
    select max(snapshot_on) as snapshot_on
    from marts.segment_transitions
    where scheme = 'engagement'
)

select
    transitions.from_segment,
    transitions.to_segment,
    transitions.customer_count,
    transitions.share_rate
from marts.segment_transitions as transitions
inner join latest on transitions.snapshot_on = latest.snapshot_on
where transitions.scheme = 'engagement'
order by
    case transitions.from_segment when 'High' then 1 when 'Medium' then 2 when 'Low' then 3 when 'At Risk' then 4 else 5 end asc,
    transitions.from_segment asc,
    transitions.customer_count desc,
    transitions.to_segment asc
