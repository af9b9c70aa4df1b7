-- Question: of the orders whose payment failed, how many are saved by another try, and what is lost?
-- How to read it: one row per reason of the first failure. Only mature ones: the window to come back had passed by the last
-- day of the data. retried_rate is the share that tried again at all; minutes are the median among those that came back.
select
    coalesce(payment_recoveries.first_failure_reason, 'unknown') as failure_reason,
    count(*) as order_count,
    round(avg(case when later_attempt_count > 0 then 1 else 0 end), 4) as retried_rate,
    round(avg(case when is_method_switched then 1 else 0 end), 4) as switched_method_rate,
    round(avg(case when is_recovered then 1 else 0 end), 4) as recovered_rate,
    round(median(seconds_to_recover) / 60, 1) as median_minutes_to_recover,
    sum(recovered_amount) as recovered_amount,
    sum(lost_amount) as lost_amount
from marts.payment_recoveries
where is_mature
group by failure_reason
order by lost_amount desc nulls last, failure_reason asc nulls last;
