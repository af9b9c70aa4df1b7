-- Customers by sessions and orders, in at most 31 by 31 ranges; whoever has more than 99.5 % of the others is in the last range.
with customers as (
    select
        session_count,
        order_count,
        revenue_amount,
        engagement_score
    from marts.customer_360
    where $segment in ('all', engagement_segment)
),

limits as (
    select
        quantile_disc(session_count, 0.995) as session_limit,
        quantile_disc(order_count, 0.995) as order_limit,
        greatest(1, ceil(quantile_disc(session_count, 0.995) / 30))::bigint as session_width,
        greatest(1, ceil(quantile_disc(order_count, 0.995) / 30))::bigint as order_width
    from customers
),

ranged as (
    select
        customers.*,
        least(customers.session_count, limits.session_limit) // limits.session_width as session_range,
        least(customers.order_count, limits.order_limit) // limits.order_width as order_range
    from customers
    cross join limits
)

select
    ranged.session_range * limits.session_width as session_from_count,
    max(ranged.session_count) as session_to_count,
    ranged.order_range * limits.order_width as order_from_count,
    max(ranged.order_count) as order_to_count,
    count(*) as customer_count,
    sum(ranged.revenue_amount) as revenue_amount,
    avg(ranged.engagement_score) as mean_score
from ranged
cross join limits
group by ranged.session_range, limits.session_width, ranged.order_range, limits.order_width
order by revenue_amount desc, session_from_count asc, order_from_count asc
