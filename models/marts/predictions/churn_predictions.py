def model(dbt, session):
    """How likely each customer who could churn is to do so."""
    from footfall.predictions.building import predicted

    return predicted(
        "churn",
        "churn",
        dbt.ref("model_metrics"),
        dbt.ref("int_customer_features_snapshotted"),
        dbt.ref("int_prediction_settings"),
    ).to_arrow()
