-- The 200 customers whose score rose most ($direction 1) or fell most (-1) since the snapshot before, and what moved it.
with movers as (
    select
        customer_id,
        previous_engagement_score,
        engagement_score,
        engagement_score_change,
        recency_contribution_change * $direction as recency_push,
        frequency_contribution_change * $direction as frequency_push,
        monetary_contribution_change * $direction as monetary_push,
        engagement_segment
    from marts.customer_engagement
    where
        $segment in ('all', engagement_segment)
        and engagement_score_change * $direction >= $least
    order by engagement_score_change * $direction desc, customer_id asc
    limit 200
)

select
    movers.customer_id,
    movers.engagement_score_change as change_score,
    case greatest(movers.recency_push, movers.frequency_push, movers.monetary_push)
        when movers.recency_push then 'recency'
        when movers.frequency_push then 'frequency'
        else 'revenue'
    end as mostly_by,
    movers.previous_engagement_score,
    movers.engagement_score,
    customers.customer_name,
    customers.email,
    movers.engagement_segment,
    customers.revenue_amount
from movers
inner join marts.customer_360 as customers on movers.customer_id = customers.customer_id
order by movers.engagement_score_change * $direction desc, movers.customer_id asc
