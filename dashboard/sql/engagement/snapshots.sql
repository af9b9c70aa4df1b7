-- The last two snapshots, the newest first: how many customers were in the segment then, and their mean score.
select
    snapshot_on,
    count(*) filter (where $segment in ('all', engagement_segment)) as customer_count,
    avg(engagement_score) filter (where $segment in ('all', engagement_segment)) as mean_score
from marts.customer_history
group by snapshot_on
order by snapshot_on desc
limit 2
