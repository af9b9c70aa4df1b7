-- What is counted day by day, the ones with anomalies first.
select
    subject_type || ':' || subject as subject_key,
    subject_type,
    subject,
    count(*) as day_count,
    count(*) filter (where is_anomaly) as anomaly_count
from marts.volume_anomalies
group by subject_type, subject
order by anomaly_count desc, subject_type asc, subject asc
