-- The newest 50 alarms of drift.
select
    feature,
    entity,
    measured_on,
    corrected_psi,
    psi,
    expected_psi,
    row_count,
    null_count,
    unseen_count,
    reference_from,
    reference_to,
    count(*) over () as alarm_count
from marts.score_drift
where is_alarm
order by measured_on desc, corrected_psi desc, feature asc
limit 50
