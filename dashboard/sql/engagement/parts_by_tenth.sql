-- What recency, frequency and revenue give to the mean score of each tenth of the customers, the highest scores first. Equal scores
-- are in the same tenth, the first that they reach; so a tenth may be missing.
with tenths as (
    select
        *,
        1 + (rank() over (order by engagement_score desc nulls last) - 1) * 10 // count(*) over () as score_tenth
    from marts.customer_engagement
    where $segment in ('all', engagement_segment)
)

select
    score_tenth,
    count(*) as customer_count,
    min(engagement_score) as lowest_score,
    avg(engagement_score) as mean_score,
    avg(recency_contribution) as mean_recency_contribution_score,
    avg(frequency_contribution) as mean_frequency_contribution_score,
    avg(monetary_contribution) as mean_monetary_contribution_score
from tenths
group by score_tenth
order by score_tenth
