-- Customers and revenue per engagement segment.
select
    engagement_segment,
    count(*) as customer_count,
    sum(revenue_amount) as revenue_amount
from marts.customer_360
group by engagement_segment
order by
    case engagement_segment when 'High' then 1 when 'Medium' then 2 when 'Low' then 3 else 4 end,
    engagement_segment
