-- Carts of the period and of the one before, what became of them and what was left behind; but for young_count, of the days alone whose
-- every cart is older than the conversion window ($judged_last), and of the same days of the period before.
with carts as (
    select
        carts.*,
        carts.is_mature and carts.carted_on between $first and $judged_last as is_now,
        carts.is_mature and carts.carted_on between $before_first and $judged_before_last as is_before
    from marts.cart_abandonment as carts
    where carts.carted_on between $first and $last or carts.carted_on between $before_first and $before_last
)

select
    count(*) filter (where carted_on >= $first and not is_now) as young_count,
    count(*) filter (where is_now) as cart_count,
    count(*) filter (where is_now and is_abandoned) as abandoned_count,
    count(*) filter (where is_now and is_recovered) as recovered_count,
    sum(cart_amount) filter (where is_now and is_abandoned) as abandoned_amount,
    sum(cart_amount) filter (where is_now and is_recovered) as recovered_amount,
    count(*) filter (where is_before) as before_cart_count,
    count(*) filter (where is_before and is_abandoned) as before_abandoned_count,
    count(*) filter (where is_before and is_recovered) as before_recovered_count,
    sum(cart_amount) filter (where is_before and is_abandoned) as before_abandoned_amount
from carts
