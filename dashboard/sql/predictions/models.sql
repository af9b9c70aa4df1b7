-- Every prediction: the model, its main measure on the test period beside the best baseline's, what was said of it, and what it predicts.
with measures as (
    select
        *,
        case prediction
            when 'next_category' then 'accuracy'
            when 'lifetime_value' then 'rmse'
            when 'revenue_forecast' then 'wape'
            else 'roc_auc'
        end as main_metric
    from marts.model_metrics
),

notes as (
    select
        prediction,
        max(note) filter (where role = 'verdict') as verdict,
        max(note) filter (where role = 'skipped') as skipped_note,
        max(note) filter (where role = 'price_of_the_leak') as leak_note,
        string_agg(note, '; ' order by note asc) filter (where role = 'alarm') as alarm_note,
        count(*) filter (where role = 'alarm') as alarm_count
    from marts.model_metrics
    group by prediction
),

chosen as (
    select
        prediction,
        candidate,
        model_version,
        snapshot_on,
        main_metric,
        metric_value,
        metric_value_low,
        metric_value_high,
        row_count,
        positive_count
    from measures
    where role = 'chosen' and split = 'test' and metric = main_metric and bin is null
),

ranked_baselines as (
    select
        prediction,
        candidate,
        metric_value,
        row_number() over (
            partition by prediction
            order by case when main_metric in ('rmse', 'wape') then metric_value else -metric_value end asc, candidate asc
        ) as baseline_rank
    from measures
    where role = 'baseline' and split = 'test' and metric = main_metric and bin is null and metric_value is not null
),

predicted as (
    select
        'churn' as prediction,
        count(*) as predicted_count,
        max(snapshot_on) as predicted_on,
        max(horizon_days) as horizon_days
    from marts.churn_predictions
    union all
    select
        'high_value' as prediction,
        count(*) as predicted_count,
        max(snapshot_on) as predicted_on,
        max(horizon_days) as horizon_days
    from marts.high_value_predictions
    union all
    select
        'next_purchase' as prediction,
        count(*) as predicted_count,
        max(snapshot_on) as predicted_on,
        max(horizon_days) as horizon_days
    from marts.next_purchase_predictions
    union all
    select
        'next_category' as prediction,
        count(likely_category) as predicted_count,
        max(snapshot_on) filter (where likely_category is not null) as predicted_on,
        max(horizon_days) filter (where likely_category is not null) as horizon_days
    from marts.next_purchase_predictions
    union all
    select
        'lifetime_value' as prediction,
        count(*) as predicted_count,
        max(snapshot_on) as predicted_on,
        max(horizon_days) as horizon_days
    from marts.customer_lifetime_value
    union all
    select
        'revenue_forecast' as prediction,
        count(*) as predicted_count,
        min(forecast_on) - 1 as predicted_on,
        count(*) as horizon_days
    from marts.revenue_forecast
)

select
    notes.prediction,
    chosen.candidate,
    chosen.model_version,
    chosen.snapshot_on as tested_on,
    chosen.main_metric,
    chosen.metric_value,
    chosen.metric_value_low,
    chosen.metric_value_high,
    chosen.row_count,
    chosen.positive_count,
    baselines.candidate as baseline,
    baselines.metric_value as baseline_value,
    coalesce(starts_with(notes.verdict, 'beats '), false) as is_better,
    notes.verdict,
    notes.skipped_note,
    notes.leak_note,
    notes.alarm_note,
    notes.alarm_count,
    coalesce(predicted.predicted_count, 0) as predicted_count,
    predicted.predicted_on,
    predicted.horizon_days
from notes
left join chosen on notes.prediction = chosen.prediction
left join ranked_baselines as baselines on notes.prediction = baselines.prediction and baselines.baseline_rank = 1
left join predicted on notes.prediction = predicted.prediction
order by
    case notes.prediction
        when 'churn' then 1
        when 'next_purchase' then 2
        when 'next_category' then 3
        when 'high_value' then 4
        when 'lifetime_value' then 5
        else 6
    end,
    notes.prediction
