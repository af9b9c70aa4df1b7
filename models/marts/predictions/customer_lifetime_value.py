def model(dbt, session):
    """What each buyer is expected to bring."""
    from footfall.predictions.building import customer_lifetime_value

    return customer_lifetime_value(
        dbt.ref("model_metrics"),
        dbt.ref("int_customer_features_snapshotted"),
        dbt.ref("int_prediction_settings"),
    ).to_arrow()
