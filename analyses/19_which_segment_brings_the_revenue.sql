-- Question: which RFM segment brings which share of the revenue, and how many customers does it take?
-- How to read it: revenue_index is the share of the revenue over the share of the customers: 3 means three times their part. A large
-- segment with a small index and a recent last order is where growth may come from; a large index among 'At Risk' or 'Cannot Lose
-- Them' is money that is leaving.
with

segments as (
    select
        rfm_segment,
        count(*) as customer_count,
        sum(revenue_amount) as revenue_amount,
        sum(order_count) as order_count,
        median(recency_days) as median_recency_days
    from marts.customer_rfm
    group by rfm_segment
)

select
    rfm_segment,
    customer_count,
    round(customer_count / sum(customer_count) over (), 4) as customer_share_rate,
    revenue_amount,
    round(revenue_amount / nullif(sum(revenue_amount) over (), 0), 4) as revenue_share_rate,
    round(
        (revenue_amount / nullif(sum(revenue_amount) over (), 0)) / (customer_count / sum(customer_count) over ()), 2
    ) as revenue_index,
    round(revenue_amount / customer_count, 2) as revenue_per_customer_amount,
    round(order_count / customer_count, 2) as orders_per_customer,
    median_recency_days
from segments
order by revenue_amount desc nulls last, rfm_segment asc nulls last;
