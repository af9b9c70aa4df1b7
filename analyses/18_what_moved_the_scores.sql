-- Question: what moved the engagement of our customers since the last month end: orders, visits or money?
-- How to read it: the mean change of the score and of the three contributions that it is the sum of, by the value segment at that month
-- end (by the one of today, those who rose would stand together). Time alone lowers recency and frequency follows the last 30 days, so
-- in any month the best fall a little and the weakest rise: compare with other months' answers. Scores are relative: when everybody
-- orders more, nobody's rises. New customers are left out.
with

previous as (
    select
        customer_id,
        value_segment
    from marts.customer_history
    where not is_latest
    qualify snapshot_on = max(snapshot_on) over ()
)

select
    previous.value_segment as value_segment_before,
    count(*) as customer_count,
    round(avg(engagement.previous_engagement_score), 4) as mean_score_before,
    round(avg(engagement.engagement_score), 4) as mean_score,
    round(avg(engagement.engagement_score_change), 4) as mean_change,
    round(avg(engagement.recency_contribution_change), 4) as mean_recency_change,
    round(avg(engagement.frequency_contribution_change), 4) as mean_frequency_change,
    round(avg(engagement.monetary_contribution_change), 4) as mean_monetary_change,
    count(*) filter (where engagement.engagement_score_change > 0.1) as risen_count,
    count(*) filter (where engagement.engagement_score_change < -0.1) as fallen_count
from marts.customer_engagement as engagement
inner join previous on engagement.customer_id = previous.customer_id
group by previous.value_segment
order by mean_change asc nulls last, value_segment_before asc nulls last;
