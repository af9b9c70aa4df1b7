-- Codes that are no product (postage, fees) and were sold: how many, and their share of the revenue.
select
    count(*) filter (where products.is_service_line and sold.revenue_amount > 0) as service_line_count,
    sum(sold.revenue_amount) filter (where products.is_service_line)
    / nullif(sum(sold.revenue_amount), 0) as revenue_share_rate
from marts.product_performance as sold
inner join marts.dim_products as products on sold.product_id = products.product_id
