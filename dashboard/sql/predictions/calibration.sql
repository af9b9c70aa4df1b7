-- What the chosen model said on the test period and what happened, by tenth of the probability: 0 to 0.1, … 0.9 to 1.
with bins as (
    select
        bin,
        max(metric_value) filter (where metric = 'calibration_count')::bigint as customer_count,
        max(metric_value) filter (where metric = 'calibration_predicted') as predicted_rate,
        max(metric_value) filter (where metric = 'calibration_observed') as observed_rate
    from marts.model_metrics
    where prediction = $prediction and role = 'chosen' and split = 'test' and starts_with(metric, 'calibration_')
    group by bin
)

select
    bin,
    customer_count,
    predicted_rate,
    round(observed_rate * customer_count)::bigint as observed_count,
    observed_rate
from bins
where customer_count > 0 and predicted_rate is not null and observed_rate is not null
order by bin
