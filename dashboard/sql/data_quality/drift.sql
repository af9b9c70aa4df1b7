-- The drift of every watched feature, the highest of each week, of the newest 365 days with a reference.
with days as (
    select
        *,
        max(measured_on) over () as newest_on
    from marts.score_drift
    where is_measurable
)

select
    entity,
    feature,
    max(measured_on) as measured_on,
    max(corrected_psi) as corrected_psi,
    count(*) as day_count,
    count(*) filter (where is_alarm) as alarm_count,
    sum(row_count)::bigint as row_count,
    sum(null_count)::bigint as null_count,
    sum(unseen_count)::bigint as unseen_count
from days
where measured_on > newest_on - 365
group by entity, feature, date_trunc('week', measured_on)
order by entity, feature, max(measured_on)
