-- Customers and revenue by country, region, gender or age; rates of groups with fewer than 30 customers are left out.
-- At most 300, and how many there are.
select
    dimension_value,
    customer_count,
    ordering_customer_count,
    order_count,
    revenue_amount,
    revenue_share_rate,
    average_order_amount,
    case when customer_count >= 30 then mean_engagement_score end as mean_engagement_score,
    case when customer_count >= 30 then high_value_rate end as high_value_rate,
    case when customer_count >= 30 then at_risk_rate end as at_risk_rate,
    case when customer_count >= 30 then active_rate end as active_rate,
    count(*) over () as value_count
from marts.demographics
where dimension = $dimension
order by
    case
        when $dimension <> 'age_band' then 1
        when starts_with(dimension_value, 'under') then 0
        when dimension_value = 'unknown' then 2
        else 1
    end asc,
    case when $dimension = 'age_band' then dimension_value end asc nulls last,
    revenue_amount desc nulls last,
    dimension_value asc
limit 300
