"""What dbt's Python models call: from tables to trained models with their figures, and from those to predictions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE
from footfall.predictions.artifacts import (
    Metadata,
    features_of,
    hash_of,
    load,
    save,
    version_of,
    versions,
)
from footfall.predictions.features import prepared
from footfall.predictions.periods import TooLittleError
from footfall.predictions.reasons import reasons, usual
from footfall.predictions.tasks import TASKS, Settings, Task
from footfall.predictions.training import Judgement, Trained, train

ARTIFACTS_VARIABLE = "FOOTFALL_ARTIFACTS"
DIGITS = 6
"""Probabilities are told with so many digits: the last ones of a sum over trees differ between machines."""

FIGURES = {
    "prediction": pl.String,
    "model_version": pl.String,
    "candidate": pl.String,
    "role": pl.String,
    "split": pl.String,
    "snapshot_on": pl.Date,
    "metric": pl.String,
    "bin": pl.Int64,
    "metric_value": pl.Float64,
    "metric_value_low": pl.Float64,
    "metric_value_high": pl.Float64,
    "row_count": pl.Int64,
    "positive_count": pl.Int64,
    "note": pl.String,
}


def artifacts_folder() -> Path:
    """Where models are kept: FOOTFALL_ARTIFACTS, or `artifacts` beside the database."""
    named = os.environ.get(ARTIFACTS_VARIABLE)
    return Path(named) if named else Path(os.environ.get(DATABASE_VARIABLE, DEFAULT_DATABASE)).parent / "artifacts"


def models_trained(features: object, outcomes: object, settings: object) -> pl.DataFrame:
    """Trains and saves a model per prediction; their figures, one row each (FIGURES). What has too little history says so.

    The arguments are dbt's relations of int_customer_features_snapshotted, int_customer_outcomes_observed, int_prediction_settings.
    """
    [told] = pl.DataFrame(settings).to_dicts() or [{}]
    rows = pl.DataFrame(features).join(pl.DataFrame(outcomes), on=["customer_id", "snapshot_on"], how="left")
    rows = rows.sort("snapshot_on", "customer_id")
    parts = [_trained(task, rows, told) for task in TASKS.values()]
    return pl.concat(parts) if parts else pl.DataFrame(schema=FIGURES)


def _trained(task: Task, rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    try:
        with threadpool_limits(1):  # the same sums in the same order on any machine
            model = train(task, rows, settings)
    except TooLittleError as error:
        return pl.DataFrame([{"prediction": task.name, "metric": "skipped", "role": "skipped", "note": str(error)}], schema=FIGURES)
    metadata = _metadata(model, rows, settings)
    save(artifacts_folder(), model.model, metadata)
    return figures(task.name, metadata.version, model.judgements)


def figures(prediction: str, version: str, judgements: Sequence[Judgement]) -> pl.DataFrame:
    """Judgements as rows of FIGURES."""
    told = [
        {
            "prediction": prediction,
            "model_version": version,
            "candidate": one.candidate,
            "role": one.role,
            "split": one.split,
            "snapshot_on": one.snapshot_on,
            "metric": one.figure.metric,
            "bin": one.figure.bin,
            "metric_value": one.figure.value,
            "metric_value_low": one.figure.low,
            "metric_value_high": one.figure.high,
            "row_count": one.row_count,
            "positive_count": one.positive_count,
            "note": None,
        }
        for one in judgements
    ]
    return pl.DataFrame(told, schema=FIGURES)


def _metadata(model: Trained, rows: pl.DataFrame, settings: Settings) -> Metadata:
    names = [one.name for one in model.features]
    learned = rows.filter(pl.col("snapshot_on").is_in(list(model.periods.before_today)))
    today = _asked(model.task, rows, model.periods.today)
    data_hash = hash_of(learned)
    as_of: date = settings["as_of_date"]  # type: ignore[assignment]
    return Metadata(
        prediction=model.task.name,
        version=version_of(model.task.name, as_of, data_hash, settings),
        candidate=model.candidate,
        source_system=str(settings["source_system"]),
        as_of_date=as_of.isoformat(),
        horizon_days=int(settings[model.task.horizon]),  # type: ignore[call-overload]
        snapshots=[day.isoformat() for day in model.periods.before_today],
        row_count=model.row_count,
        features=names,
        usual=usual(today, model.features),
        threshold=model.threshold,
        cut=model.cut,
        data_hash=data_hash,
        model_hash="",
        versions=versions(),
    )


def _asked(task: Task, rows: pl.DataFrame, day: date) -> pl.DataFrame:
    return rows.filter(task.about & (pl.col("snapshot_on") == day)).sort("customer_id")


def predicted(prediction: str, name: str, trained: object, features: object, settings: object) -> pl.DataFrame:
    """The newest snapshot's customers with their probability of the outcome, called `<name>_probability`, band and reasons."""
    [told] = pl.DataFrame(settings).to_dicts() or [{}]
    found = pl.DataFrame(trained).filter((pl.col("prediction") == prediction) & pl.col("model_version").is_not_null())
    rows = pl.DataFrame(features).filter("is_latest")
    if not found.height:
        return _probabilities(rows.head(0), name, np.zeros(0), {}, None)
    path = artifacts_folder() / str(told["source_system"]) / prediction / f"{found['model_version'][0]}.skops"
    model, metadata = load(path)
    rows = rows.filter(TASKS[prediction].about).sort("customer_id")
    with threadpool_limits(1):
        return scored(model, metadata, rows, name)


def scored(model: object, metadata: Metadata, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """`rows` (customer_id, snapshot_on and the features) with what a saved model says of them."""
    features = features_of(metadata)
    probabilities = model.predict_proba(prepared(rows, features))[:, 1] if rows.height else np.zeros(0)  # type: ignore[attr-defined]
    why = reasons(model, rows, features, metadata.usual, probabilities) if rows.height else None  # type: ignore[arg-type]
    return _probabilities(rows, name, probabilities, {} if why is None else why.to_dict(), metadata)


def _probabilities(
    rows: pl.DataFrame, name: str, probabilities: np.ndarray, why: Mapping[str, pl.Series], metadata: Metadata | None
) -> pl.DataFrame:
    threshold = metadata.threshold if metadata else 1.0
    probability = pl.Series(probabilities, dtype=pl.Float64)
    bands = pl.select(
        pl.when(probability >= threshold).then(pl.lit("high"))
        .when(probability >= threshold / 2).then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    ).to_series()  # fmt: skip
    return rows.select(
        "customer_id",
        "snapshot_on",
        probability.round(DIGITS).alias(f"{name}_probability"),
        bands.alias(f"{name}_band"),
        *(
            (why[column] if column in why else pl.lit(None, pl.String)).alias(column)
            for column in ("reason_1", "reason_2", "reason_3")
        ),
        pl.lit(metadata.horizon_days if metadata else None, pl.Int32).alias("horizon_days"),
        pl.lit(metadata.version if metadata else None, pl.String).alias("model_version"),
    )
