"""What is predicted and by which models, as every page that shows predictions calls it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dashboard.formats import label, shown
from dashboard.page import Page

NAMES = {
    "churn": "Churn",
    "next_purchase": "Next purchase",
    "next_category": "Next category",
    "high_value": "High value",
    "lifetime_value": "Lifetime value",
    "revenue_forecast": "Revenue forecast",
}
MARTS = {
    "churn": "churn_predictions",
    "next_purchase": "next_purchase_predictions",
    "next_category": "next_purchase_predictions",
    "high_value": "high_value_predictions",
    "lifetime_value": "customer_lifetime_value",
    "revenue_forecast": "revenue_forecast",
}
# Names that are no words.
MODELS = {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD"}
MEASURES = {
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "brier": "Brier score",
    "accuracy": "Right at the first guess",
    "accuracy_of_3": "Right within three guesses",
    "mae": "Mean error (MAE)",
    "rmse": "Root mean square (RMSE)",
    "mape": "Mean error, share by day (MAPE)",
    "wape": "Mean error, share (WAPE)",
    "interval_coverage": "Days within their interval",
    "total_off_rate": "Total off by",
}
KINDS = {
    "roc_auc": "score",
    "pr_auc": "score",
    "precision": "rate",
    "recall": "rate",
    "f1": "score",
    "brier": "score",
    "accuracy": "rate",
    "accuracy_of_3": "rate",
    "mae": "money",
    "rmse": "money",
    "mape": "rate",
    "wape": "rate",
    "interval_coverage": "rate",
    "total_off_rate": "rate",
}
REASONS = {
    "reason_1": "What moved it most",
    "reason_2": "Second most",
    "reason_3": "Third most",
}
MODEL_LABELS = {
    "result": "On the test period",
    "value": "Model",
    "interval": "95 % interval",
    "baseline": "Which rule",
    "baseline_value": "Best simple rule",
    "tested_on": "Tested from",
    "row_count": "Tested on",
    "predicted_on": "Predicted as of",
    "predicted_count": "Predicted",
    "model": "Chosen",
    "model_version": "Version",
}
NO_CAUSE = "What moved a prediction is not what would change the customer."


def named(prediction: object) -> str:
    """A prediction as a heading."""
    return NAMES.get(str(prediction), label(str(prediction)))


def model_named(candidate: object) -> str:
    """A model or a baseline in words."""
    return shown(None) if candidate is None else MODELS.get(str(candidate), str(candidate).replace("_", " "))


def said(note: object) -> str:
    """A note of model_metrics without the signs of column names."""
    text = "" if note is None else str(note)
    for candidate, name in MODELS.items():
        text = text.replace(f" {candidate}", f" {name}")
    return text.replace("_", " ")


def measured(metric: object, value: object) -> str:
    """A measure as a person reads it."""
    return shown(value, KINDS.get(str(metric), "number"))


def models(page: Page) -> dict[str, Mapping]:
    """Every prediction of this version with its model's row; {} where none was tried."""
    return {row["prediction"]: row for row in page.rows("predictions/models").iter_rows(named=True)}


def why_missing(known: Mapping[str, Mapping], prediction: str) -> str:
    """Why there is no such prediction, and what would bring it; '' where there is one."""
    model = known.get(prediction)
    if model is None:
        return f"{named(prediction)} is not predicted in this version: it comes with a build that has data."
    if model["skipped_note"]:
        why = said(model["skipped_note"]).removeprefix("not trained: ")
        return f"{named(prediction)} is not predicted: {why}. A longer history may bring it."
    if not model["predicted_count"]:
        return f"{named(prediction)}: there is nobody, and no day, that it is asked of today."
    return ""


def told_models(known: Mapping[str, Mapping]) -> pl.DataFrame:
    """Every model with its main measure on the test period, beside the best baseline's; a row per prediction."""
    return pl.DataFrame(
        [_told(prediction, model) for prediction, model in known.items()],
        {
            "prediction": pl.String,
            "result": pl.String,
            "measure": pl.String,
            "value": pl.String,
            "interval": pl.String,
            "baseline_value": pl.String,
            "baseline": pl.String,
            "model": pl.String,
            "tested_on": pl.Date,
            "row_count": pl.Int64,
            "predicted_on": pl.Date,
            "predicted_count": pl.Int64,
            "model_version": pl.String,
        },
    )


def _told(prediction: str, model: Mapping) -> dict[str, object]:
    metric = model["main_metric"]
    return {
        "prediction": named(prediction),
        "result": result(model),
        "model": model_named(model["candidate"]),
        "measure": MEASURES.get(metric, metric),
        "value": measured(metric, model["metric_value"]),
        "interval": interval(metric, model["metric_value_low"], model["metric_value_high"]),
        "baseline": model_named(model["baseline"]),
        "baseline_value": measured(metric, model["baseline_value"]),
        **{
            column: model[column]
            for column in ("tested_on", "row_count", "predicted_on", "predicted_count", "model_version")
        },
    }


def result(model: Mapping) -> str:
    """How the model did, in three words."""
    if model["skipped_note"]:
        return "not trained"
    return "beats its baseline" if model["is_better"] else "no better than its baseline"


def verdict(model: Mapping) -> str:
    """How a model did beside the best simple rule, in a sentence without its dot."""
    told = said(model["verdict"] or "was not judged")
    return f"{named(model['prediction'])}: {model_named(model['candidate'])} {told}"


def alarms(known: Mapping[str, Mapping]) -> list[str]:
    """What is wrong with a model, a sentence each."""
    return [
        f"Alarm, {named(prediction)}: {said(model['alarm_note'])}. Do not use it before that is explained."
        for prediction, model in known.items()
        if model["alarm_count"]
    ]


def listed(rows: pl.DataFrame) -> str:
    """How many of the customers who match (matching_count) a list holds."""
    every = rows["matching_count"][0]
    return f"The first {rows.height:,} of {every:,} customers" if every > rows.height else f"All {every:,} customers"


def interval(metric: object, low: object, high: object) -> str:
    """A 95 % interval in words; – where there is none."""
    return shown(None) if low is None or high is None else f"{measured(metric, low)} to {measured(metric, high)}"
