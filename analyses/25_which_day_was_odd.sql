-- Question: on which day did far more or far less come than usual, or did something begin to look different?
-- How to read it: the alarms of two marts, newest first: volume (robust deviations off the median of the same weekdays; fewer or more) and
-- drift (a distribution that is no longer that of the month before; the index less what chance makes of it, an alarm from 0.2). When
-- nothing is flagged, the ten largest of each kind follow all the same, with is_alarm false: quiet days look like these.
with

findings as (
    select
        measured_on,
        'volume' as kind,
        subject_type || ' ' || subject as subject,
        is_anomaly as is_alarm,
        coalesce(direction, case when change_rate < 0 then 'fewer' else 'more' end)
        || ': ' || row_count || ' against ' || median_row_count as what_happened,
        round(robust_z, 2) as strength
    from marts.volume_anomalies
    where is_measurable

    union all

    select
        measured_on,
        'drift' as kind,
        entity || ' ' || feature as subject,
        is_alarm,
        'not like ' || concat_ws(' to ', reference_from, nullif(reference_to, reference_from))
        || ' (' || null_count || ' empty, ' || unseen_count || ' unseen of ' || row_count || ')' as what_happened,
        round(corrected_psi, 4) as strength
    from marts.score_drift
    where is_measurable
),

ranked as (
    select
        *,
        row_number() over (
            partition by kind, is_alarm
            order by abs(strength) desc nulls last, measured_on desc nulls last, subject asc nulls last
        ) as strength_number
    from findings
)

select
    measured_on,
    kind,
    subject,
    is_alarm,
    what_happened,
    strength
from ranked
where
    is_alarm
    or strength_number <= 10
order by is_alarm desc nulls last, measured_on desc nulls last, kind asc nulls last, abs(strength) desc nulls last, subject asc nulls last
limit 60;
