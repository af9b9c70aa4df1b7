-- Rows of one subject day by day against the same weekdays before, for the newest 365 days.
select
    measured_on,
    row_count,
    median_row_count,
    change_rate,
    robust_z,
    is_anomaly,
    direction
from marts.volume_anomalies
where
    subject_type || ':' || subject = $subject
    and measured_on > (select max(days.measured_on) from marts.volume_anomalies as days) - 365
order by measured_on
