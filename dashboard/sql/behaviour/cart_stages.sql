-- How far abandoned carts of the period got, and what was left in them; of the days alone whose every cart is older than the conversion
-- window ($judged_last).
with carts as (
    select
        coalesce(last_stage, 'unknown') as last_stage,
        cart_amount,
        is_recovered
    from marts.cart_abandonment
    where
        is_abandoned
        and is_mature
        and carted_on between $first and $judged_last
)

select
    last_stage,
    count(*) as abandoned_count,
    sum(cart_amount) as abandoned_amount,
    count(*) filter (where is_recovered) as recovered_count,
    count(*) filter (where is_recovered) / count(*) as recovered_rate
from carts
group by last_stage
order by case last_stage when 'cart' then 1 when 'checkout' then 2 when 'payment' then 3 else 4 end, last_stage
