"""What dbt's Python models call: from tables to trained models with their figures, and from those to predictions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from duckdb import DuckDBPyRelation
from threadpoolctl import threadpool_limits

from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE
from footfall.predictions import categories, forecast, lifetime_value
from footfall.predictions.artifacts import (
    ArtifactError,
    Metadata,
    features_of,
    hash_of,
    load,
    save,
    told_by,
    version_of,
    versions,
)
from footfall.predictions.bands import banded, cuts
from footfall.predictions.features import DIGITS, Feature, Texts, prepared
from footfall.predictions.periods import Periods, TooLittleError
from footfall.predictions.reasons import reasons, usual
from footfall.predictions.tasks import TASKS, Settings, Task
from footfall.predictions.training import Judgement, train
from footfall.predictions.verdicts import verdicts
from footfall.predictions.workers import side_by_side

ARTIFACTS_VARIABLE = "FOOTFALL_ARTIFACTS"
LIFETIME, FORECAST = "lifetime_value", "revenue_forecast"
ROWS_READ = 10
"""Of many customers a sample is read: so many times the rows that a model learns from at most, as it is about some of them only."""
CHUNK = 100_000
"""So many customers are scored at once, whatever their number."""

FIGURES = {
    "prediction": pl.String,
    "model_version": pl.String,
    "candidate": pl.String,
    "role": pl.String,
    "split": pl.String,
    "snapshot_on": pl.Date,
    "metric": pl.String,
    "bin": pl.Int32,
    "metric_value": pl.Float64,
    "metric_value_low": pl.Float64,
    "metric_value_high": pl.Float64,
    "row_count": pl.Int64,
    "positive_count": pl.Int64,
    "note": pl.String,
}


def artifacts_folder(database: Path | None = None) -> Path:
    """Where models are kept: FOOTFALL_ARTIFACTS, or `artifacts` beside the database (None: the one that FOOTFALL_DB names)."""
    named = os.environ.get(ARTIFACTS_VARIABLE)
    database = database or Path(os.environ.get(DATABASE_VARIABLE, DEFAULT_DATABASE))
    return Path(named) if named else database.parent / "artifacts"


def model_metrics(
    features: DuckDBPyRelation, outcomes: DuckDBPyRelation, revenue: DuckDBPyRelation, settings: DuckDBPyRelation
) -> pl.DataFrame:
    """Trains and saves a model per prediction; their figures, one row each (FIGURES). What has too little history says so in its note.

    The arguments are dbt's relations of int_customer_features_snapshotted, int_customer_outcomes_observed, daily_kpis and
    int_prediction_settings.
    """
    told = _settings(settings)
    if not told:
        return _numbered(pl.DataFrame(schema=FIGURES))
    rows = _sampled(features, outcomes, int(told["prediction_max_rows"]) * ROWS_READ)  # type: ignore[call-overload]
    data_hash = hash_of(rows)
    work: dict[str, Callable[[], tuple[str, Sequence[Judgement]]]] = {
        name: partial(_trained, task, rows, data_hash, told) for name, task in TASKS.items()
    }
    work[categories.NAME] = partial(_trained_categories, rows, data_hash, told)
    # Read here: a connection serves one thread at a time.
    work[LIFETIME] = partial(_trained_lifetime, _histories(features, outcomes), told)
    work[FORECAST] = partial(_forecast_judged, _days(revenue), told)
    with side_by_side() as pool:
        begun = {name: pool.submit(one) for name, one in work.items()}
        parts = [_figures(name, one.result, told) for name, one in begun.items()]
    return _numbered(pl.concat(parts))


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of FIGURES in one order, with their number in it."""
    ordered = rows.sort("prediction", "split", "role", "candidate", "metric", "bin", "note", nulls_last=False)
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("figure_number")
    return ordered.select(number, pl.all())


def _settings(relation: DuckDBPyRelation) -> dict[str, object]:
    rows = relation.pl().to_dicts()
    return rows[0] if rows and rows[0]["as_of_date"] else {}


def _sampled(features: DuckDBPyRelation, outcomes: DuckDBPyRelation, most: int) -> pl.DataFrame:
    """Features and outcomes of all customers, or of so many that about `most` rows are left, chosen by a hash of their id."""
    [(count,)] = features.aggregate("count(*)").fetchall()
    if count > most:
        chosen = f"md5_number_lower(customer_id) % 1000000 < {int(1_000_000 * most / count)}"
        features, outcomes = features.filter(chosen), outcomes.filter(chosen)
    joined = features.pl().join(outcomes.pl(), on=["customer_id", "snapshot_on"], how="left")
    return joined.sort("snapshot_on", "customer_id")


def _figures(name: str, trained: Callable[[], tuple[str, Sequence[Judgement]]], settings: Settings) -> pl.DataFrame:
    """The figures of one prediction, and what they say; of one with too little history that."""
    try:
        version, judgements = trained()
    except TooLittleError as error:
        note = f"not trained: {error}"
        print(f"{name}: {note}", flush=True)
        return pl.DataFrame([{"prediction": name, "role": "skipped", "metric": "note", "note": note}], schema=FIGURES)
    rows = figures(name, version, judgements)
    notes = verdicts(rows, float(settings["prediction_alarm_auc"]))  # type: ignore[arg-type]
    return pl.concat([rows, pl.DataFrame(notes, schema=FIGURES)])


def figures(prediction: str, version: str, judgements: Sequence[Judgement]) -> pl.DataFrame:
    """Judgements as rows of FIGURES; values with DIGITS digits."""
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
    values = pl.col("metric_value", "metric_value_low", "metric_value_high")
    return pl.DataFrame(told, schema=FIGURES).with_columns(values.round(DIGITS))


def _trained(task: Task, rows: pl.DataFrame, data_hash: str, settings: Settings) -> tuple[str, Sequence[Judgement]]:
    model = train(task, rows, settings)
    today = _asked(task, rows, model.periods.today)
    probabilities = (
        model.model.predict_proba(prepared(today, model.features, model.texts))[:, 1] if today.height else np.zeros(0)
    )
    metadata = _metadata(
        task.name,
        settings,
        candidate=model.candidate,
        horizon_days=int(settings[task.horizon]),  # type: ignore[call-overload]
        periods=model.periods,
        row_count=model.row_count,
        features=model.features,
        texts=model.texts,
        usual=usual(today, model.features),
        bands=cuts(pl.Series(probabilities, dtype=pl.Float64).round(DIGITS), settings),
        threshold=model.threshold,
        cut=model.cut,
        data_hash=data_hash,
    )
    save(artifacts_folder(), model.model, metadata)
    return metadata.version, model.judgements


def _asked(task: Task, rows: pl.DataFrame, day: date) -> pl.DataFrame:
    return rows.filter(task.about & (pl.col("snapshot_on") == day)).sort("customer_id")


def _trained_categories(rows: pl.DataFrame, data_hash: str, settings: Settings) -> tuple[str, Sequence[Judgement]]:
    model = categories.train_categories(rows, settings)
    metadata = _metadata(
        categories.NAME,
        settings,
        candidate=model.candidate,
        horizon_days=int(settings[categories.HORIZON]),  # type: ignore[call-overload]
        periods=model.periods,
        row_count=model.row_count,
        features=model.features,
        texts=model.texts,
        data_hash=data_hash,
    )
    save(artifacts_folder(), model.model, metadata)
    return metadata.version, model.judgements


def _histories(features: DuckDBPyRelation, outcomes: DuckDBPyRelation) -> pl.DataFrame:
    """What lifetime values are learned from: all buyers, as they need few columns and are counted together."""
    history = features.filter("order_day_count > 0").project(", ".join(lifetime_value.HISTORY))
    known = outcomes.project("customer_id, snapshot_on, lifetime_order_day_count, lifetime_amount")
    return history.pl().join(known.pl(), on=["customer_id", "snapshot_on"], how="left")


def _days(revenue: DuckDBPyRelation) -> pl.DataFrame:
    return revenue.project("kpi_date, revenue_amount").pl().sort("kpi_date")


def _trained_lifetime(rows: pl.DataFrame, settings: Settings) -> tuple[str, Sequence[Judgement]]:
    chosen, split, judgements = lifetime_value.judge(rows, settings)
    today = lifetime_value.buyers(rows.filter(pl.col("snapshot_on") == split.today))
    model = lifetime_value.fit(today, chosen)
    horizon = int(settings["lifetime_horizon_days"])  # type: ignore[call-overload]
    metadata = _metadata(
        LIFETIME,
        settings,
        candidate=chosen,
        horizon_days=horizon,
        periods=split,
        row_count=today.height,
        features=lifetime_value.PARTS,
        data_hash=hash_of(rows.sort("snapshot_on", "customer_id")),
        usual=lifetime_value.usual(today),
        bands=cuts(lifetime_value.amounts(model, today, horizon), settings),
        parameters=lifetime_value.parameters(model),
    )
    save(artifacts_folder(), None, metadata)
    return metadata.version, judgements


def _metadata(
    prediction: str,
    settings: Settings,
    *,
    candidate: str,
    horizon_days: int,
    periods: Periods,
    row_count: int,
    features: Sequence[Feature],
    data_hash: str,
    texts: Texts | None = None,
    usual: dict[str, float | str | None] | None = None,
    threshold: float = 1.0,
    bands: dict[str, float] | None = None,
    cut: float | None = None,
    parameters: dict[str, float] | None = None,
) -> Metadata:
    as_of: date = settings["as_of_date"]  # type: ignore[assignment]
    return Metadata(
        prediction=prediction,
        version=version_of(prediction, as_of, data_hash, settings),
        candidate=candidate,
        source_system=str(settings["source_system"]),
        as_of_date=as_of.isoformat(),
        horizon_days=horizon_days,
        snapshots=[day.isoformat() for day in periods.before_today],
        row_count=row_count,
        features=[one.name for one in features],
        texts={name: list(known) for name, known in (texts or {}).items()},
        usual=usual or {},
        threshold=threshold,
        bands=bands or {},
        cut=cut,
        data_hash=data_hash,
        model_hash="",
        versions=versions(),
        parameters=parameters or {},
    )


def _forecast_of(rows: pl.DataFrame, settings: Settings) -> tuple[str, forecast.Forecast]:
    """The forecast and its version. Raises TooLittleError."""
    amounts = rows["revenue_amount"].cast(pl.Float64).to_numpy()
    made = forecast.forecast(amounts, rows["kpi_date"].to_list(), int(settings["forecast_days"]))  # type: ignore[call-overload]
    return version_of(FORECAST, settings["as_of_date"], hash_of(rows), settings), made  # type: ignore[arg-type]


def _forecast_judged(rows: pl.DataFrame, settings: Settings) -> tuple[str, Sequence[Judgement]]:
    version, made = _forecast_of(rows, settings)
    days = len(made.days)
    return version, [
        Judgement(candidate, role, "test", made.tested_from, days, None, figure)
        for candidate, role, figure in made.figures
    ]


def predicted(
    prediction: str, name: str, metrics: DuckDBPyRelation, features: DuckDBPyRelation, settings: DuckDBPyRelation
) -> pl.DataFrame:
    """The newest snapshot's customers with their probability of the outcome, called `<name>_probability`, band and reasons.

    No rows where the model was not trained. `metrics` is dbt's relation of model_metrics, which wrote the model.
    """
    return _of_model(prediction, metrics, features, settings, lambda path, rows: scored(path, rows, name))


def _of_model(
    prediction: str,
    metrics: DuckDBPyRelation,
    features: DuckDBPyRelation,
    settings: DuckDBPyRelation,
    score: Callable[[Path | None, pl.DataFrame], pl.DataFrame],
) -> pl.DataFrame:
    """`score` of the newest snapshot's customers, a chunk of them at a time, by the model that `metrics` names."""
    told = _settings(settings)
    version = _version(prediction, metrics)
    if version is None:
        return score(None, features.limit(0).pl())
    path = artifacts_folder() / str(told["source_system"]) / prediction / f"{version}.json"
    with threadpool_limits(1):
        return pl.concat(score(path, rows) for rows in _chunks(features.filter("is_latest").order("customer_id")))


def _version(prediction: str, metrics: DuckDBPyRelation) -> str | None:
    found = (
        metrics.filter(f"prediction = '{prediction}' and model_version is not null")
        .project("model_version")
        .limit(1)
        .fetchall()
    )
    return str(found[0][0]) if found else None


def _chunks(rows: DuckDBPyRelation) -> Iterator[pl.DataFrame]:
    """`rows` in parts of CHUNK; one without rows where there are none."""
    begin = 0
    while True:
        part = rows.limit(CHUNK, begin).pl()
        if part.height or not begin:
            yield part
        if part.height < CHUNK:
            return
        begin += CHUNK


def scored(path: Path | None, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """`rows` (customer_id, snapshot_on and the features), whom the outcome is asked of, with what the saved model says of them.

    `path`: its metadata's file, None for no model, which says nothing of nobody. Raises ArtifactError.
    """
    if path is None:
        return _probabilities(rows.head(0), name, np.zeros(0), {}, None)
    model, metadata = load(path)
    features = features_of(metadata)
    rows = rows.filter(TASKS[metadata.prediction].about).sort("customer_id")
    if not rows.height:
        return _probabilities(rows, name, np.zeros(0), {}, metadata)
    probabilities = model.predict_proba(prepared(rows, features, metadata.texts))[:, 1]
    why = reasons(model, rows, features, metadata.texts, metadata.usual, probabilities)
    return _probabilities(rows, name, probabilities, why.to_dict(), metadata)


def _probabilities(
    rows: pl.DataFrame, name: str, probabilities: np.ndarray, why: Mapping[str, pl.Series], metadata: Metadata | None
) -> pl.DataFrame:
    probability = pl.Series(probabilities, dtype=pl.Float64).round(DIGITS)
    bands = banded(probability, metadata.bands) if metadata else pl.Series([], dtype=pl.String)
    return rows.select(
        "customer_id",
        "snapshot_on",
        probability.alias(f"{name}_probability"),
        bands.alias(f"{name}_band"),
        *(
            (why[column] if column in why else pl.lit(None, pl.String)).alias(column)
            for column in ("reason_1", "reason_2", "reason_3")
        ),
        pl.lit(metadata.horizon_days if metadata else None, pl.Int32).alias("horizon_days"),
        pl.lit(metadata.version if metadata else None, pl.String).alias("model_version"),
    )


def high_value_predictions(
    metrics: DuckDBPyRelation, features: DuckDBPyRelation, settings: DuckDBPyRelation
) -> pl.DataFrame:
    """As predicted(), with the amount above which a customer is of high value."""
    return _of_model("high_value", metrics, features, settings, scored_values)


def scored_values(path: Path | None, rows: pl.DataFrame) -> pl.DataFrame:
    """As scored(), with high_value_cut_amount, which the model learned from the periods before."""
    cut = None if path is None else told_by(path).cut
    amount = pl.lit(None if cut is None else round(cut, 2), pl.Float64).cast(lifetime_value.MONEY)
    return _versions_last(scored(path, rows, "high_value").with_columns(amount.alias("high_value_cut_amount")))


def next_purchase_predictions(
    metrics: DuckDBPyRelation, features: DuckDBPyRelation, settings: DuckDBPyRelation
) -> pl.DataFrame:
    """As predicted(), with the category that is likely to be bought first."""
    version = _version(categories.NAME, metrics)
    source = _settings(settings).get("source_system")
    second = None if version is None else artifacts_folder() / str(source) / categories.NAME / f"{version}.json"
    return _of_model(
        "next_purchase", metrics, features, settings, lambda path, rows: scored_purchases(path, second, rows)
    )


def scored_purchases(path: Path | None, category_path: Path | None, rows: pl.DataFrame) -> pl.DataFrame:
    """As scored(), with likely_category and how likely it is among those who buy; NULL without a model of categories."""
    told = scored(path, rows, "purchase")
    if category_path is None or not told.height:
        return _versions_last(
            told.with_columns(
                pl.lit(None, pl.String).alias("likely_category"),
                pl.lit(None, pl.Float64).alias("likely_category_probability"),
            )
        )
    model, metadata = load(category_path)
    names, probabilities = categories.guessed(model, rows.sort("customer_id"), features_of(metadata), metadata.texts)
    likely = pl.Series("likely_category_probability", probabilities)
    return _versions_last(told.with_columns(names.alias("likely_category"), likely))


def _versions_last(rows: pl.DataFrame) -> pl.DataFrame:
    last = ("horizon_days", "model_version")
    return rows.select(pl.exclude(last), *last)


def customer_lifetime_value(
    metrics: DuckDBPyRelation, features: DuckDBPyRelation, settings: DuckDBPyRelation
) -> pl.DataFrame:
    """What each buyer is expected to bring within the lifetime horizon: columns of lifetime_value.valued(), the horizon, the version."""
    told = _settings(settings)
    rows = features.filter("is_latest and order_day_count > 0").project(", ".join(lifetime_value.HISTORY)).pl()
    version = _version(LIFETIME, metrics)
    path = None if version is None else artifacts_folder() / str(told["source_system"]) / LIFETIME / f"{version}.json"
    return valued(path, rows)


def valued(path: Path | None, rows: pl.DataFrame) -> pl.DataFrame:
    """Buyers' lifetime values by a saved model; `path` as for scored(). Raises ArtifactError."""
    metadata = None if path is None else told_by(path)
    if metadata is None:
        model = lifetime_value.of_parameters("mbg_nbd", dict.fromkeys(lifetime_value.PARAMETERS, 1.0))
        told = lifetime_value.valued(model, rows.head(0), 1, {}, {})
    else:
        try:
            model = lifetime_value.of_parameters(metadata.candidate, metadata.parameters)
            told = lifetime_value.valued(model, rows, metadata.horizon_days, metadata.bands, metadata.usual)
        except KeyError as error:
            raise ArtifactError(f"{path}: lacks {error}. Fix: dbt build trains it anew.") from None
    return told.with_columns(
        pl.lit(metadata.horizon_days if metadata else None, pl.Int32).alias("horizon_days"),
        pl.lit(metadata.version if metadata else None, pl.String).alias("model_version"),
    )


def revenue_forecast(revenue: DuckDBPyRelation, settings: DuckDBPyRelation) -> pl.DataFrame:
    """The revenue that is expected of each coming day, with its 95 % interval; no rows where too few days are known."""
    told = _settings(settings)
    try:
        if not told:
            raise TooLittleError("nothing has happened yet")
        version, made = _forecast_of(_days(revenue), told)
    except TooLittleError:
        version, made = None, None

    def money(values: Sequence[float] | np.ndarray) -> pl.Series:
        return pl.Series(values, dtype=pl.Float64).round(2).cast(lifetime_value.MONEY)

    return pl.DataFrame(
        {
            "forecast_on": pl.Series(made.days if made else [], dtype=pl.Date),
            "forecast_amount": money(made.amounts if made else []),
            "forecast_low_amount": money(made.lows if made else []),
            "forecast_high_amount": money(made.highs if made else []),
        }
    ).with_columns(
        pl.lit(made.candidate if made else None, pl.String).alias("candidate"),
        pl.lit(version, pl.String).alias("model_version"),
    )
