-- Question: how far do abandoned carts get, what were they worth, and how many come back by themselves?
-- How to read it: last_stage is the furthest that the visit got after the first product was added: cart, checkout or payment.
-- recovered_rate is the share followed by an order of the same visitor within the window. Mature carts only.
select
    last_stage,
    count(*) as cart_count,
    round(count(*) / sum(count(*)) over (), 4) as share_of_abandoned_rate,
    sum(cart_amount) as cart_amount,
    round(median(product_count), 1) as median_product_count,
    round(avg(case when is_recovered then 1 else 0 end), 4) as recovered_rate
from marts.cart_abandonment
where
    is_mature
    and is_abandoned
group by last_stage
order by cart_count desc nulls last, last_stage asc nulls last;
