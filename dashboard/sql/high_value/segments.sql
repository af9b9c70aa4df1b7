-- Share of the revenue, and high-value customers, by segment of the chosen scheme.
with labelled as (
    select
        case $scheme when 'rfm' then rfm_segment when 'engagement' then engagement_segment else value_segment end as segment,
        is_high_value,
        revenue_amount
    from marts.customer_360
)

select
    segment,
    count(*) as customer_count,
    count(*) filter (where is_high_value) as high_value_count,
    sum(revenue_amount) as revenue_amount,
    (sum(revenue_amount) / nullif(sum(sum(revenue_amount)) over (), 0))::double as revenue_share_rate
from labelled
group by segment
having sum(revenue_amount) > 0
order by revenue_amount desc, segment asc
