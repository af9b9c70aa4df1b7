-- Carts of the period and of the one before, what became of them and what was left behind. Mature ones only, but for young_count.
with carts as (
    select
        *,
        carted_on >= $first as is_now
    from marts.cart_abandonment
    where carted_on between $first and $last or carted_on between $before_first and $before_last
)

select
    count(*) filter (where is_now and not is_mature) as young_count,
    count(*) filter (where is_now and is_mature) as cart_count,
    count(*) filter (where is_now and is_mature and is_abandoned) as abandoned_count,
    count(*) filter (where is_now and is_mature and is_recovered) as recovered_count,
    sum(cart_amount) filter (where is_now and is_mature and is_abandoned) as abandoned_amount,
    sum(cart_amount) filter (where is_now and is_mature and is_recovered) as recovered_amount,
    count(*) filter (where not is_now and is_mature) as before_cart_count,
    count(*) filter (where not is_now and is_mature and is_abandoned) as before_abandoned_count,
    count(*) filter (where not is_now and is_mature and is_recovered) as before_recovered_count,
    sum(cart_amount) filter (where not is_now and is_mature and is_abandoned) as before_abandoned_amount
from carts
