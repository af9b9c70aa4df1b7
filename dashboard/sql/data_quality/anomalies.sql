-- The newest 50 days with far more or far fewer rows than usual.
select
    subject_type,
    subject,
    measured_on,
    direction,
    row_count,
    median_row_count,
    change_rate,
    robust_z,
    count(*) over () as anomaly_count
from marts.volume_anomalies
where is_anomaly
order by measured_on desc, subject_type asc, subject asc
limit 50
