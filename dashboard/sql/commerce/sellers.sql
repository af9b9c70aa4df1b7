-- Sellers with the most revenue, over all the data.
with totals as (
    select count(*) filter (where order_count > 0) as seller_count
    from marts.seller_performance
)

select
    sellers.seller_id,
    sellers.city,
    sellers.region,
    sellers.order_count,
    sellers.product_count,
    sellers.customer_count,
    sellers.revenue_amount,
    sellers.shipping_amount,
    sellers.delivered_order_count,
    sellers.promised_order_count,
    sellers.late_order_count,
    sellers.late_rate,
    sellers.mean_delivery_days,
    sellers.review_count,
    sellers.mean_review_score,
    totals.seller_count
from marts.seller_performance as sellers
cross join totals
where sellers.order_count > 0
order by sellers.revenue_amount desc nulls last, sellers.seller_id asc
limit 200
