"""Intervals on rates."""

from __future__ import annotations

from functools import lru_cache

import polars as pl
from scipy.stats import binomtest

from dashboard.formats import shown


@lru_cache(maxsize=4096)
def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson interval of `successes` out of `trials` (scipy's); (0, 1) for no trials."""
    if not trials:
        return 0.0, 1.0
    found = binomtest(int(successes), int(trials)).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def of_rate(successes: object, trials: object) -> str:
    """The interval and the count in words, for below a rate: `61.2% to 63.0%, 5,120 of 8,240`."""
    if not trials:
        return "none yet"
    low, high = wilson(int(successes or 0), int(trials))
    return f"{shown(low, 'rate')} to {shown(high, 'rate')}, {int(successes or 0):,} of {int(trials):,}"


def beside(rows: pl.DataFrame, successes: str, trials: str, rate: str) -> pl.DataFrame:
    """`rows` with the interval of `successes` out of `trials` as `<rate>_low` and `<rate>_high`; NULL where nothing was tried."""
    found = [
        wilson(int(count or 0), int(of)) if of else (None, None)
        for count, of in zip(rows[successes], rows[trials], strict=True)
    ]
    return rows.with_columns(
        pl.Series(f"{rate}_low", [low for low, _ in found], pl.Float64),
        pl.Series(f"{rate}_high", [high for _, high in found], pl.Float64),
    )
