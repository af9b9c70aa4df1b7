-- Carts of the period and of the one before, what became of them and what was left behind; but for young_count, of the days alone whose
-- every cart is older than the conversion window ($window_hours), and of the same days of the period before.
with spans as (
    select
        $first::date as first_on,
        $last::date - ceil($window_hours::double / 24)::integer as last_on,
        $before_first::date as before_first_on,
        $before_last::date - ceil($window_hours::double / 24)::integer as before_last_on
),

carts as (
    select
        carts.*,
        spans.*,
        carts.is_mature and carts.carted_on between spans.first_on and spans.last_on as is_now,
        carts.is_mature and carts.carted_on between spans.before_first_on and spans.before_last_on as is_before
    from marts.cart_abandonment as carts
    cross join spans
    where carts.carted_on between $first and $last or carts.carted_on between $before_first and $before_last
)

select
    min(last_on) as last_on,
    min(before_last_on) as before_last_on,
    count(*) filter (where carted_on >= first_on and not is_now) as young_count,
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
