-- What models are told: the variables that say what is predicted, and of what day. Grain: one row.
select
    '{{ var("source_system") }}' as source_system,
    {{ as_of_date() }} as as_of_date,
    {% for name in [
        'churn_horizon_days', 'churn_lookback_days', 'high_value_horizon_days', 'next_purchase_days', 'forecast_days',
        'lifetime_horizon_days', 'lifetime_test_days', 'prediction_min_outcomes', 'prediction_max_rows',
    ] -%}
    {{ whole_variable(name) }} as {{ name }},
    {% endfor -%}
    {% for name in ['high_value_percentile', 'prediction_high_percentile', 'prediction_medium_percentile', 'prediction_alarm_auc'] -%}
    cast({{ var(name) }} as double) as {{ name }},
    {% endfor -%}
    {{ var('high_value_uses_money') }} as high_value_uses_money,
    {{ var('high_value_uses_products') }} as high_value_uses_products
