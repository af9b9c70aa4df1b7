-- Question: does a visit on one kind of device end in an order less often than on another, or is it chance?
-- How to read it: two devices whose intervals (low to high, 95 %) do not overlap differ by more than chance.
-- Replace device_type by traffic_channel, country, category, customer_type, payment_method or gateway for other answers.
select
    funnel_drop_offs.breakdown_value as device_type,
    funnel_drop_offs.entered_count,
    funnel_drop_offs.reached_count as ordered_count,
    round(funnel_drop_offs.overall_rate, 4) as overall_rate,
    round(funnel_drop_offs.overall_rate_low, 4) as low,
    round(funnel_drop_offs.overall_rate_high, 4) as high
from marts.funnel_drop_offs
where
    funnel_drop_offs.funnel = 'checkout'
    and funnel_drop_offs.unit = 'session'
    and funnel_drop_offs.breakdown = 'device_type'
    and funnel_drop_offs.step_name = 'Ordered'
order by overall_rate desc nulls last, device_type asc nulls last;
