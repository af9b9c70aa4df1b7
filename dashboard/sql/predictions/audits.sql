-- ROC-AUC on the test period of the chosen model, of the same on shuffled outcomes, and with features from after the outcome.
select
    prediction,
    case
        when role = 'chosen' then 'chosen model'
        when candidate = 'shuffled_outcomes' then 'shuffled outcomes'
        when candidate = 'features_from_after_the_outcome' then 'with features from after the outcome'
        else candidate
    end as audit,
    metric_value,
    metric_value_low,
    metric_value_high,
    row_count
from marts.model_metrics as metrics
where
    split = 'test'
    and metric = 'roc_auc'
    and bin is null
    and metric_value is not null
    and role in ('chosen', 'audit')
    and exists (
        select 1 from marts.model_metrics as audits
        where audits.prediction = metrics.prediction and audits.role = 'audit'
    )
order by
    case prediction when 'churn' then 1 when 'next_purchase' then 2 else 3 end,
    prediction asc,
    case when role = 'chosen' then 1 when candidate = 'shuffled_outcomes' then 2 else 3 end,
    candidate asc
