"""High, medium, low: where a prediction stands among those of everybody whom the model was asked of when it was made."""

from __future__ import annotations

import polars as pl

from footfall.predictions.features import DIGITS
from footfall.predictions.tasks import Settings

HIGH, MEDIUM, LOW = "high", "medium", "low"


def cuts(predictions: pl.Series, settings: Settings) -> dict[str, float]:
    """The values above which a prediction is high or medium: percentiles of `predictions`, interpolated; infinite where there is none."""
    found = {}
    for name in (HIGH, MEDIUM):
        share = float(settings[f"prediction_{name}_percentile"])  # type: ignore[arg-type]
        value = predictions.quantile(share, interpolation="linear")
        found[name] = float("inf") if value is None else round(value, DIGITS)
    return found


def banded(predictions: pl.Series, cuts: dict[str, float]) -> pl.Series:
    """The band of each prediction: equal ones share it."""
    return pl.select(
        pl.when(predictions > cuts[HIGH])
        .then(pl.lit(HIGH))
        .when(predictions > cuts[MEDIUM])
        .then(pl.lit(MEDIUM))
        .otherwise(pl.lit(LOW))
    ).to_series()
