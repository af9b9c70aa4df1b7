def model(dbt, session):
    """Trains a model per prediction, keeps it as a file, and says how good each candidate was on later periods."""
    from footfall.predictions.building import models_trained

    return models_trained(
        dbt.ref("int_customer_features_snapshotted"),
        dbt.ref("int_customer_outcomes_observed"),
        dbt.ref("int_prediction_settings"),
    ).to_arrow()
