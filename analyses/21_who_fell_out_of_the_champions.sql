-- Question: of the customers who were Champions a month ago, how many still are, and where did the others go?
-- How to read it: one row per month end (and today) and segment that Champions went to; share_rate is of those who were Champions at the
-- snapshot before. came_in_count is how many came into the Champions in the same time, from everywhere. Replace 'rfm' and 'Champions' by
-- 'value' and 'VIP', or by 'engagement' and 'High', for the other schemes.
with

moves as (
    select *
    from marts.segment_transitions
    where scheme = 'rfm'
),

arrivals as (
    select
        snapshot_on,
        sum(customer_count) as came_in_count
    from moves
    where
        to_segment = 'Champions'
        and from_segment <> 'Champions'
    group by snapshot_on
)

select
    moves.previous_snapshot_on,
    moves.snapshot_on,
    moves.to_segment,
    moves.customer_count,
    round(moves.share_rate, 4) as share_rate,
    coalesce(arrivals.came_in_count, 0) as came_in_count
from moves
left join arrivals on moves.snapshot_on = arrivals.snapshot_on
where moves.from_segment = 'Champions'
order by moves.snapshot_on desc nulls last, moves.customer_count desc nulls last, moves.to_segment asc nulls last;
