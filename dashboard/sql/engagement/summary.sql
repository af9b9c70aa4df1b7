-- Mean parts of the score, what each gives to it, and what moved since the snapshot before.
select
    count(*) as customer_count,
    avg(engagement_score) as mean_score,
    avg(recency_part) as mean_recency_part_score,
    avg(frequency_part) as mean_frequency_part_score,
    avg(monetary_part) as mean_monetary_part_score,
    avg(recency_contribution) as mean_recency_contribution_score,
    avg(frequency_contribution) as mean_frequency_contribution_score,
    avg(monetary_contribution) as mean_monetary_contribution_score,
    count(engagement_score_change) as known_before_count,
    count(*) filter (where engagement_score_change >= $least) as risen_count,
    count(*) filter (where engagement_score_change <= -$least) as fallen_count,
    count(*) filter (where abs(engagement_score_change) < $least) as unchanged_count,
    avg(engagement_score_change) as mean_change_score,
    avg(recency_contribution_change) as mean_recency_change_score,
    avg(frequency_contribution_change) as mean_frequency_change_score,
    avg(monetary_contribution_change) as mean_monetary_change_score
from marts.customer_engagement
where $segment in ('all', engagement_segment)
