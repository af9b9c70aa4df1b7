-- Buyers by recency score and frequency score.
select
    recency_score,
    frequency_score,
    count(*) as customer_count,
    sum(revenue_amount) as revenue_amount,
    sum(revenue_amount) / count(*) as mean_revenue_amount
from marts.customer_rfm
where
    recency_score is not null
    and frequency_score is not null
group by recency_score, frequency_score
order by recency_score desc, frequency_score asc
