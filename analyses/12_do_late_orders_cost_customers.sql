-- Question: do late deliveries get worse reviews, and do their customers come back less?
-- How to read it: one row per band of days after the promised one. repeat_rate is the share of orders that a later sale to
-- the same customer follows; recent orders had less time for that, so compare bands and not the level.
select
    delay_band,
    order_count,
    round(mean_delay_days, 1) as mean_delay_days,
    review_count,
    round(mean_review_score, 2) as mean_review_score,
    round(repeat_rate, 4) as repeat_rate,
    mean_following_amount
from marts.delivery_performance
order by mean_delay_days asc nulls last, delay_band asc nulls last;
