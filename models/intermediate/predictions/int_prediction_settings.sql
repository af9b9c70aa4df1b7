-- What models are told: the variables that say what is predicted, and of what day. Grain: one row.
select
    '{{ var("source_system") }}' as source_system,
    {{ as_of_date() }} as as_of_date,
    {{ whole_variable('churn_horizon_days') }} as churn_horizon_days,
    {{ whole_variable('churn_lookback_days') }} as churn_lookback_days,
    {{ whole_variable('high_value_horizon_days') }} as high_value_horizon_days,
    {{ whole_variable('next_purchase_days') }} as next_purchase_days,
    {{ whole_variable('forecast_days') }} as forecast_days,
    {{ whole_variable('lifetime_horizon_days') }} as lifetime_horizon_days,
    {{ whole_variable('lifetime_test_days') }} as lifetime_test_days,
    {{ whole_variable('prediction_min_outcomes') }} as prediction_min_outcomes,
    {{ whole_variable('prediction_max_rows') }} as prediction_max_rows,
    cast({{ var('high_value_percentile') }} as double) as high_value_percentile,
    cast({{ var('prediction_high_percentile') }} as double) as prediction_high_percentile,
    cast({{ var('prediction_medium_percentile') }} as double) as prediction_medium_percentile,
    cast({{ var('prediction_alarm_auc') }} as double) as prediction_alarm_auc,
    {{ var('high_value_uses_money') }} as high_value_uses_money,
    {{ var('high_value_uses_products') }} as high_value_uses_products
