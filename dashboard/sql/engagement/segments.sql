-- The engagement segments that there are, the most engaged first.
select
    engagement_segment,
    count(*) as customer_count
from marts.customer_engagement
group by engagement_segment
order by
    case engagement_segment when 'High' then 1 when 'Medium' then 2 when 'Low' then 3 else 4 end,
    engagement_segment
