-- How late events arrived, by day of arrival, for the newest 365 days; no share of fewer events than $fewest, nor
-- after the as-of date, when only late ones arrive.
select
    landed_on,
    event_count,
    late_event_count,
    case
        when event_count >= $fewest and landed_on <= (select publication.as_of_date from serving.publication as publication)
            then late_rate
    end as late_rate,
    p95_days_late,
    max_days_late,
    oldest_event_on,
    touched_session_count
from marts.late_arrivals
where landed_on > (select max(arrivals.landed_on) from marts.late_arrivals as arrivals) - 365
order by landed_on
