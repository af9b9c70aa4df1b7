def model(dbt, session):
    """Trains a model per prediction, keeps each as a file, and says how good each candidate was on later periods."""
    from footfall.predictions.building import model_metrics

    return model_metrics(
        dbt.ref("int_customer_features_snapshotted"),
        dbt.ref("int_customer_outcomes_observed"),
        dbt.ref("daily_kpis"),
        dbt.ref("int_prediction_settings"),
    ).to_arrow()
