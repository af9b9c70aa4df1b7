-- The 1,000 customers with the highest revenue in the chosen segments.
select
    customer_id,
    customer_name,
    email,
    revenue_amount,
    order_count,
    last_ordered_on,
    engagement_score,
    value_segment,
    rfm_segment,
    rfm_code,
    engagement_segment,
    country
from marts.customer_360
where
    $value in ('all', value_segment)
    and $rfm in ('all', rfm_segment)
    and $engagement in ('all', engagement_segment)
order by revenue_amount desc, engagement_score desc, customer_id asc
limit 1000
