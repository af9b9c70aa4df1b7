-- Question: of the customers who were Champions a month ago, how many still are, and where did the others go?
-- How to read it: one row per month end (and today) and segment that Champions went to; share_rate is of those who were Champions at the
-- snapshot before. came_in_count is how many came into the Champions in the same time, from everywhere. Replace 'rfm' and 'Champions' by
-- 'value' and 'VIP', or by 'engagement' and 'High', for the other schemes.
with

moves as (
    select
        *,
        coalesce(
            sum(customer_count) filter (where to_segment = 'Champions' and from_segment <> 'Champions')
                over (partition by snapshot_on),
            0
        ) as came_in_count
    from marts.segment_transitions
    where scheme = 'rfm'
)

select
    previous_snapshot_on,
    snapshot_on,
    to_segment,
    customer_count,
    round(share_rate, 4) as share_rate,
    came_in_count
from moves
where from_segment = 'Champions'
order by snapshot_on desc nulls last, customer_count desc nulls last, to_segment asc nulls last;
