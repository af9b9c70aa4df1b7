-- How many customers are in the chosen segments, and their revenue.
select
    count(*) as customer_count,
    coalesce(sum(revenue_amount), 0) as revenue_amount
from marts.customer_360
where
    $value in ('all', value_segment)
    and $rfm in ('all', rfm_segment)
    and $engagement in ('all', engagement_segment)
