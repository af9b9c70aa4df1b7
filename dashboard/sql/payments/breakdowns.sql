-- What the attempts to pay can be broken down by, and how many values that has.
select
    breakdown,
    count(*) as value_count,
    count(*) filter (where breakdown_value <> 'unknown') as known_value_count
from marts.payment_outcomes
where breakdown not in ('all', 'failure_reason')
group by breakdown
order by breakdown
