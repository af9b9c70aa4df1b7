-- What the customer's score is made of, against everybody: mean, median, and the share of the others who have less.
with everybody as (
    unpivot marts.customer_engagement
    on recency_part, order_frequency_part, session_activity_part, monetary_part, engagement_score
    into name part value score
),

own as (
    select
        part,
        score
    from everybody
    where customer_id = $customer
)

select
    everybody.part,
    any_value(own.score) as customer_score,
    avg(everybody.score) as mean_score,
    median(everybody.score) as median_score,
    count(*) filter (where everybody.score < own.score) / nullif(count(*) - 1, 0) as lower_percentile
from everybody
inner join own on everybody.part = own.part
group by everybody.part
order by
    case everybody.part
        when 'engagement_score' then 1
        when 'recency_part' then 2
        when 'order_frequency_part' then 3
        when 'session_activity_part' then 4
        else 5
    end
