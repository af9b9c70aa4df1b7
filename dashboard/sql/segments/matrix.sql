-- The value matrix: customers and revenue of its four segments, and from which score on a customer is engaged here.
select
    value_segment,
    is_engaged,
    is_high_value,
    count(*) as customer_count,
    count(*) / nullif(sum(count(*)) over (), 0) as customer_share_rate,
    sum(revenue_amount) as revenue_amount,
    coalesce((sum(revenue_amount) / nullif(sum(sum(revenue_amount)) over (), 0))::double, 0) as revenue_share_rate,
    sum(revenue_amount) / count(*) as mean_revenue_amount,
    min(engagement_score) as lowest_score,
    max(engagement_score) as highest_score
from marts.customer_segments
group by value_segment, is_engaged, is_high_value
order by revenue_amount desc, value_segment asc, is_engaged asc, is_high_value asc
