-- Carts by day or week ($grain) of the period: abandoned, and come back to; a row is mature when all its carts are.
select
    date_trunc($grain, carted_on)::date as carted_on,
    count(*) as cart_count,
    count(*) filter (where is_abandoned) as abandoned_count,
    count(*) filter (where is_abandoned) / count(*) as abandoned_rate,
    count(*) filter (where is_recovered) as recovered_count,
    count(*) filter (where is_recovered) / nullif(count(*) filter (where is_abandoned), 0) as recovered_rate,
    bool_and(is_mature) as is_mature
from marts.cart_abandonment
where cart_abandonment.carted_on between $first and $last
group by all
order by carted_on
