-- Customers and revenue of each RFM segment.
select
    rfm_segment,
    count(*) as customer_count,
    sum(revenue_amount) as revenue_amount,
    sum(revenue_amount) / count(*) as mean_revenue_amount,
    count(*) / nullif(sum(count(*)) over (), 0) as customer_share_rate,
    coalesce((sum(revenue_amount) / nullif(sum(sum(revenue_amount)) over (), 0))::double, 0) as revenue_share_rate
from marts.customer_rfm
group by rfm_segment
order by rfm_segment
