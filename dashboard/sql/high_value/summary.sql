-- Customers with revenue, those who are high value, the threshold, and the top tenth.
select
    count(revenue_rank) as paying_count,
    coalesce(sum(revenue_amount), 0) as revenue_amount,
    max(high_value_threshold_amount) as high_value_threshold_amount,
    count(*) filter (where is_high_value) as high_value_count,
    coalesce(sum(revenue_amount) filter (where is_high_value), 0) as high_value_revenue_amount,
    count(*) filter (where revenue_decile = 1) as top_tenth_count,
    coalesce(sum(revenue_amount) filter (where revenue_decile = 1), 0) as top_tenth_revenue_amount
from marts.customer_value_labels
