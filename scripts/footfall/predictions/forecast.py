"""The revenue of the coming days: candidates compared over several past origins, intervals from how far they were off there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from footfall.predictions.judging import Figure, draws, mean_of
from footfall.predictions.periods import TooLittleError

Doubles = NDArray[np.float64]
Forecaster = Callable[[Doubles, Sequence[date], int], Doubles]

WEEK = 7
SEED = 20_250_103
ORIGINS = 8
FEWEST_WEEKS = 4
LOW, HIGH = 2.5, 97.5


def seasonal_naive(amounts: Doubles, days: Sequence[date], ahead: int) -> Doubles:
    """The last week, repeated."""
    return np.resize(amounts[-WEEK:], ahead)


def last_period_repeated(amounts: Doubles, days: Sequence[date], ahead: int) -> Doubles:
    """As many days as are forecast, whole weeks of them, once more."""
    length = min(-(-ahead // WEEK) * WEEK, amounts.size // WEEK * WEEK)
    return np.resize(amounts[-length:], ahead)


def weekday_means(amounts: Doubles, days: Sequence[date], ahead: int) -> Doubles:
    """The mean of each weekday over the last eight weeks."""
    newest = amounts[-8 * WEEK :]
    return np.array([newest[(newest.size - WEEK + step % WEEK) % WEEK :: WEEK].mean() for step in range(ahead)])


def weekday_trend(amounts: Doubles, days: Sequence[date], ahead: int) -> Doubles:
    """A level for each weekday and one trend, on a logarithmic scale, of the last half year (ridge regression)."""
    newest = amounts[-26 * WEEK :]
    model = Ridge(alpha=1.0).fit(_calendar(days[-newest.size :], 0), np.log1p(np.maximum(newest, 0)))
    coming = [days[-1] + timedelta(days=step + 1) for step in range(ahead)]
    return np.expm1(model.predict(_calendar(coming, newest.size)))


def smoothed(amounts: Doubles, days: Sequence[date], ahead: int) -> Doubles:
    """Weekday shares times a level by exponential smoothing over weeks, each week a third of the level."""
    newest = amounts[-26 * WEEK :]
    weeks = newest[newest.size % WEEK :].reshape(-1, WEEK)
    totals = weeks.sum(axis=1)
    shares = weeks.sum(axis=0) / max(weeks.sum(), 1e-9)
    level = totals[0]
    for total in totals[1:]:
        level += (total - level) / 3
    return np.resize(shares * level, ahead)


def _calendar(days: Sequence[date], begin: int) -> Doubles:
    weekdays = np.eye(WEEK)[[day.weekday() for day in days]]
    trend = (np.arange(len(days)) + begin)[:, None] / 100
    return np.hstack([weekdays, trend])


BASELINES: dict[str, Forecaster] = {"seasonal_naive": seasonal_naive, "last_period_repeated": last_period_repeated}
CANDIDATES: dict[str, Forecaster] = {
    "weekday_means": weekday_means,
    "exponential_smoothing": smoothed,
    "weekday_trend": weekday_trend,
}


@dataclass(frozen=True)
class Forecast:
    """What is expected of each day, with its 95 % interval, (ahead,) each; and by what candidate.

    figures: candidate, whether it is a baseline, and measures on the last days, which nothing was chosen by.
    """

    candidate: str
    days: list[date]
    amounts: Doubles
    lows: Doubles
    highs: Doubles
    tested_from: date
    figures: list[tuple[str, str, Figure]]


def forecast(amounts: Doubles, days: Sequence[date], ahead: int) -> Forecast:
    """Forecasts `ahead` days after `days` (consecutive, whole ones) from their `amounts`. Raises TooLittleError."""
    room = len(days) - 2 * ahead - FEWEST_WEEKS * WEEK
    if room < 0:
        raise TooLittleError(f"{len(days)} days are known; a forecast of {ahead} takes {len(days) - room}")
    test = len(days) - ahead
    # Origins a week apart, whose days all lie before the test's.
    origins = [
        test - ahead - WEEK * step for step in range(ORIGINS) if test - ahead - WEEK * step >= FEWEST_WEEKS * WEEK
    ]
    every = {**CANDIDATES, **BASELINES}
    ratios = {name: _ratios(model, amounts, days, origins, ahead) for name, model in every.items()}
    errors = {
        name: float(np.mean([_wape(amounts, model(amounts[:at], days[:at], ahead), at) for at in origins]))
        for name, model in CANDIDATES.items()
    }
    chosen = min(errors, key=lambda name: errors[name])

    figures = []
    for name, model in every.items():
        role = "chosen" if name == chosen else "baseline" if name in BASELINES else "candidate"
        expected = model(amounts[:test], days[:test], ahead)
        figures += [(name, role, one) for one in measures(amounts[test:], expected, *_interval(expected, ratios[name]))]
        if role == "baseline":
            own = every[chosen](amounts[:test], days[:test], ahead)
            figures.append((name, role, _gained(amounts[test:], own, expected)))
    expected = every[chosen](amounts, days, ahead)
    today = [*origins, test]
    lows, highs = _interval(expected, _ratios(every[chosen], amounts, days, today, ahead))
    coming = [days[-1] + timedelta(days=step + 1) for step in range(ahead)]
    return Forecast(chosen, coming, expected, lows, highs, days[test], figures)


def measures(actual: Doubles, expected: Doubles, lows: Doubles, highs: Doubles) -> list[Figure]:
    """Errors of a forecast, (ahead,) each: in money, and as shares of the money (WAPE of all, MAPE of each day that had any)."""
    off = np.abs(actual - expected)
    some = actual > 0
    return [
        Figure("rmse", float(np.sqrt(np.mean(off**2)))),
        Figure("mae", float(off.mean())),
        Figure("mape", float(np.mean(off[some] / actual[some])) if some.any() else None),
        Figure("wape", float(off.sum() / actual.sum()) if actual.sum() > 0 else None),
        Figure("interval_coverage", float(np.mean((actual >= lows) & (actual <= highs)))),
        Figure("total_off_rate", float(expected.sum() / actual.sum() - 1) if actual.sum() > 0 else None),
    ]


def _gained(actual: Doubles, expected: Doubles, others: Doubles) -> Figure:
    """How much smaller the WAPE of `expected` is than that of `others`, with its interval by samples of the days."""
    each = np.abs(actual - others) - np.abs(actual - expected)
    if actual.sum() <= 0:
        return Figure("wape_gained", None)
    return mean_of("wape_gained", each / actual.mean(), draws(actual.size, SEED, 2_000))


def _wape(amounts: Doubles, expected: Doubles, at: int) -> float:
    actual = amounts[at : at + expected.size]
    return float(np.abs(actual - expected).sum() / max(actual.sum(), 1e-9))


def _ratios(model: Forecaster, amounts: Doubles, days: Sequence[date], origins: Sequence[int], ahead: int) -> Doubles:
    """What came over what was expected, of each day after each origin."""
    found = [amounts[at : at + ahead] / np.maximum(model(amounts[:at], days[:at], ahead), 1e-9) for at in origins]
    return np.concatenate(found)


def _interval(expected: Doubles, ratios: Doubles) -> tuple[Doubles, Doubles]:
    low, high = np.percentile(ratios, [LOW, HIGH])
    return np.maximum(expected * low, 0.0), expected * high
