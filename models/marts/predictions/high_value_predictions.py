def model(dbt, session):
    """How likely each customer is to be of high value."""
    from footfall.predictions.building import high_value_predictions

    return high_value_predictions(
        dbt.ref("model_metrics"),
        dbt.ref("int_customer_features_snapshotted"),
        dbt.ref("int_prediction_settings"),
    ).to_arrow()
