def model(dbt, session):
    """How likely each customer is to buy, and what first."""
    from footfall.predictions.building import next_purchase_predictions

    return next_purchase_predictions(
        dbt.ref("model_metrics"),
        dbt.ref("int_customer_features_snapshotted"),
        dbt.ref("int_prediction_settings"),
    ).to_arrow()
