-- Bands of delay, from early to late: reviews, and who orders again.
select
    delay_band,
    order_count,
    mean_delay_days,
    mean_delivery_days,
    review_count,
    mean_review_score,
    followable_order_count,
    repeat_order_count,
    repeat_rate,
    mean_following_amount
from marts.delivery_performance
order by
    case delay_band
        when 'early_8_or_more' then 1
        when 'early_1_to_7' then 2
        when 'on_the_day' then 3
        when 'late_1_to_3' then 4
        when 'late_4_to_7' then 5
        when 'late_8_or_more' then 6
        when 'no_estimate' then 7
        else 8
    end,
    delay_band
