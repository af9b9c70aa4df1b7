"""Intervals, tests, percentiles and ranks."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

Z95 = 1.959963984540054
Doubles = NDArray[np.float64]


def _series(name: str, values: Doubles) -> pl.Series:
    return pl.Series(name, values, dtype=pl.Float64, nan_to_null=True)


def wilson_bounds(successes: Doubles, trials: Doubles) -> tuple[Doubles, Doubles]:
    """The 95 % Wilson score interval; not a number where there were no trials."""
    n = np.where(trials > 0, trials, np.nan)
    share = successes / n
    squared = Z95 * Z95
    center = (successes + squared / 2) / (n + squared)
    half = Z95 / (n + squared) * np.sqrt(n * share * (1 - share) + squared / 4)
    return center - half, center + half


def wilson(successes: pl.Series, trials: pl.Series, name: str) -> dict[str, pl.Series]:
    """A rate with its interval, as columns `name`, `name_low`, `name_high`."""
    k = successes.cast(pl.Float64).to_numpy()
    n = trials.cast(pl.Float64).to_numpy()
    low, high = wilson_bounds(k, n)
    rate = k / np.where(n > 0, n, np.nan)
    found = {name: rate, f"{name}_low": low, f"{name}_high": high}
    return {label: _series(label, values) for label, values in found.items()}


def percentiles(values: Doubles, suffix: str) -> dict[str, float]:
    """Continuous percentiles."""
    wanted = (50, 75, 90, 95)
    found = np.percentile(values, wanted)
    return {f"p{p}_{suffix}": float(value) for p, value in zip(wanted, found, strict=True)}


def upper_tail(z: Doubles) -> Doubles:
    """The one-sided probability of a standard normal above z."""
    return stats.norm.sf(z)


def benjamini_hochberg(p_values: Doubles) -> Doubles:
    """Adjusted p-values over those that are numbers."""
    adjusted = np.full(p_values.shape, np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        adjusted[known] = stats.false_discovery_control(p_values[known], method="bh")
    return adjusted


def ranks(frame: pl.DataFrame, by: list[str], within: list[str] | None = None) -> pl.Series:
    """SQL's rank(): by falling values, missing ones last, equal rows equal ranks."""
    within = within or []
    order = frame.with_row_index("_row").sort(
        [*within, *by], descending=[False] * len(within) + [True] * len(by), nulls_last=True
    )
    keys = [pl.col(name).ne_missing(pl.col(name).shift()) for name in [*within, *by]]
    group = [pl.col(name).ne_missing(pl.col(name).shift()) for name in within]
    position = pl.int_range(pl.len(), dtype=pl.Int64)
    is_new = pl.any_horizontal(keys) | (position == 0)
    starts = (pl.any_horizontal(group) if group else pl.lit(False)) | (position == 0)
    order = order.with_columns(
        _first=pl.when(is_new).then(position).forward_fill(),
        _start=pl.when(starts).then(position).forward_fill(),
    )
    ranked = order.with_columns(rank=pl.col("_first") - pl.col("_start") + 1)
    return ranked.sort("_row")["rank"]


def ratio(part: str, total: str) -> pl.Expr:
    """A double; NULL when the total is 0."""
    bottom = pl.col(total).cast(pl.Float64)
    return pl.when(bottom != 0).then(pl.col(part).cast(pl.Float64) / bottom)


def percentile_cont(values: Iterable[float], share: float, unit: int = 1) -> float | None:
    """A continuous percentile without the noise of doubles, in `unit`s; None of nothing.

    The place and the step between two values are exact, so that what ties is equal to the percentile.
    """
    ordered = np.sort(np.asarray(values)).tolist()
    if not ordered:
        return None
    place = Fraction(str(share)) * (len(ordered) - 1)
    below = place.numerator // place.denominator
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return float((Fraction(low) + (Fraction(high) - Fraction(low)) * (place - below)) / unit)
