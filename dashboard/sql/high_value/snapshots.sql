-- High-value customers at the last two snapshots, the newest first.
select
    snapshot_on,
    count(*) filter (where is_high_value) as high_value_count
from marts.customer_history
group by snapshot_on
order by snapshot_on desc
limit 2
