-- What recency, frequency and revenue give to the mean score: of all customers, and of each segment.
with by_segment as (
    select
        coalesce(engagement_segment, 'All customers') as engagement_segment,
        count(*) as customer_count,
        avg(engagement_score) as mean_score,
        avg(recency_contribution) as mean_recency_contribution_score,
        avg(frequency_contribution) as mean_frequency_contribution_score,
        avg(monetary_contribution) as mean_monetary_contribution_score
    from marts.customer_engagement
    group by grouping sets ((), (engagement_segment))
)

select *
from by_segment
where customer_count > 0
order by
    case engagement_segment
        when 'All customers' then 0 when 'High' then 1 when 'Medium' then 2 when 'Low' then 3 else 4
    end,
    engagement_segment
