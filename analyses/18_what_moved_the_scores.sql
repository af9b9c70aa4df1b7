-- Question: what moved the engagement of our customers since the last month end: orders, visits or money?
-- How to read it: the mean change of the score and of the three contributions that it is the sum of, by the value segment of today. Time
-- alone lowers recency, so a small minus there is normal; frequency follows the last 30 days. Scores are relative: when
-- everybody orders more, nobody's score rises. New customers, who had no score then, are left out.
select
    customer_segments.value_segment,
    count(*) as customer_count,
    round(avg(customer_engagement.previous_engagement_score), 4) as mean_score_before,
    round(avg(customer_engagement.engagement_score), 4) as mean_score,
    round(avg(customer_engagement.engagement_score_change), 4) as mean_change,
    round(avg(customer_engagement.recency_contribution_change), 4) as mean_recency_change,
    round(avg(customer_engagement.frequency_contribution_change), 4) as mean_frequency_change,
    round(avg(customer_engagement.monetary_contribution_change), 4) as mean_monetary_change,
    count(*) filter (where customer_engagement.engagement_score_change > 0.1) as risen_count,
    count(*) filter (where customer_engagement.engagement_score_change < -0.1) as fallen_count
from marts.customer_engagement
inner join marts.customer_segments on customer_engagement.customer_id = customer_segments.customer_id
where customer_engagement.previous_engagement_score is not null
group by customer_segments.value_segment
order by mean_change asc nulls last, customer_segments.value_segment asc nulls last;
