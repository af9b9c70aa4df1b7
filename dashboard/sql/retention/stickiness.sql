-- Who was active on the day, in 7 and in 30 days, for the newest $most days; a ratio only where the 30 days are covered by enough.
with days as (
    select
        activity_date,
        daily_active_count,
        weekly_active_count,
        monthly_active_count,
        case when is_complete and monthly_active_count >= $fewest then stickiness_rate end as stickiness_rate,
        mean_active_days,
        is_complete
    from marts.activity_stickiness
    where unit = $unit
),

smoothed as (
    select
        *,
        avg(stickiness_rate) over (order by activity_date rows between 6 preceding and current row) as mean_stickiness_rate
    from days
)

select
    activity_date,
    daily_active_count,
    weekly_active_count,
    monthly_active_count,
    stickiness_rate,
    case when stickiness_rate is not null then mean_stickiness_rate end as mean_stickiness_rate,
    mean_active_days,
    is_complete
from smoothed
where activity_date > (select max(days.activity_date) from days) - $most::integer
order by activity_date
