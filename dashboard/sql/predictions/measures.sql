-- The measures of one prediction on its test period: of the chosen model, of what it was chosen from, and of every baseline.
select
    role,
    candidate,
    metric,
    metric_value,
    metric_value_low,
    metric_value_high,
    row_count,
    positive_count
from marts.model_metrics
where
    prediction = $prediction
    and split = 'test'
    and role in ('chosen', 'baseline', 'candidate')
    and bin is null
    and metric_value is not null
order by
    case role when 'chosen' then 1 when 'baseline' then 2 else 3 end,
    candidate asc,
    metric asc
