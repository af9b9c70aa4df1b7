-- Of every watched feature of the events the share without a value: the last 7 measured days against the 28 before them, as far as
-- there are so many. Points are hundredths.
with days as (
    select
        feature,
        row_count,
        null_count,
        dense_rank() over (partition by feature order by measured_on desc) as day_number
    from marts.score_drift
    where entity = 'events'
),

spans as (
    select
        feature,
        count(distinct day_number) filter (where day_number <= 7) as day_count,
        count(distinct day_number) filter (where day_number between 8 and 35) as before_day_count,
        sum(row_count) filter (where day_number <= 7)::bigint as row_count,
        sum(null_count) filter (where day_number <= 7)::bigint as null_count,
        sum(row_count) filter (where day_number between 8 and 35)::bigint as before_row_count,
        sum(null_count) filter (where day_number between 8 and 35)::bigint as before_null_count
    from days
    group by feature
)

select
    feature,
    day_count,
    row_count,
    null_count,
    null_count / nullif(row_count, 0) as null_rate,
    before_day_count,
    before_row_count,
    before_null_count / nullif(before_row_count, 0) as before_null_rate,
    100 * (null_count / nullif(row_count, 0) - before_null_count / nullif(before_row_count, 0)) as change_points
from spans
order by abs(change_points) desc nulls last, feature asc
