def model(dbt, session):
    """The revenue of the coming days."""
    from footfall.predictions.building import revenue_forecast

    return revenue_forecast(dbt.ref("daily_kpis"), dbt.ref("int_prediction_settings")).to_arrow()
