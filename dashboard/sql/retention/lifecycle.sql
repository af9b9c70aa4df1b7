-- New, returning, resurrecting and dormant customers in the newest weeks or months ($most); no ratio of too few or of what is incomplete.
with newest as (
    select *
    from marts.customer_lifecycle
    where activity = $activity and period = $grain
    order by period_start desc
    limit $most
)

select
    period_start,
    active_customer_count,
    new_customer_count,
    returning_count,
    resurrecting_count,
    dormant_count,
    case
        when is_complete and new_customer_count + resurrecting_count + dormant_count >= $fewest then quick_ratio
    end as quick_ratio,
    is_complete
from newest
order by period_start
