"""Lifetime values of customers: the models of `lifetime` fitted to a snapshot, chosen and judged by what came after earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from footfall.predictions.judging import Doubles, Figure, auc, draws, tenths
from footfall.predictions.lifetime import Purchases, Values, fit_purchases, fit_values, histories
from footfall.predictions.periods import Periods, TooLittleError, periods
from footfall.predictions.tasks import Settings
from footfall.predictions.training import Judgement

MODELS = {"mbg_nbd": True, "bg_nbd": False}
"""Whether the model lets customers leave right after their first order."""
SEED = 20_250_102


@dataclass(frozen=True)
class LifetimeModel:
    """Both parts, fitted to the customers who had ordered by a snapshot."""

    name: str
    purchases: Purchases
    values: Values

    def alive(self, rows: pl.DataFrame) -> Doubles:
        """The probability that a customer still buys: (n,)."""
        return self.purchases.alive(*_history(rows))

    def order_days(self, rows: pl.DataFrame, horizon: float) -> Doubles:
        """Days with an order that are expected within `horizon` days: (n,)."""
        return self.purchases.expected(horizon, *_history(rows))

    def day_amounts(self, rows: pl.DataFrame) -> Doubles:
        """The amount that is expected of such a day: (n,). Where all was free it is everybody's."""
        days, means = _amounts(rows)
        return self.values.expected(np.where(means > 0, days, 0.0), means)

    def worth(self, rows: pl.DataFrame, horizon: float) -> Doubles:
        """The revenue that is expected within `horizon` days: (n,)."""
        return self.order_days(rows, horizon) * self.day_amounts(rows)


def buyers(rows: pl.DataFrame) -> pl.DataFrame:
    """Who had ordered by the snapshot, in the order of ids: only they have a history."""
    return rows.filter(pl.col("order_day_count") > 0).sort("snapshot_on", "customer_id")


def fit(rows: pl.DataFrame, name: str) -> LifetimeModel:
    """Fits a model of MODELS to the buyers of one snapshot. Raises TooLittleError where nothing tells the parameters."""
    days, means = _amounts(rows)
    counted = pl.DataFrame({"days": days, "mean": means}).filter(pl.col("mean") > 0)
    try:
        purchases = fit_purchases(histories(*_history(rows)), MODELS[name])
        values = fit_values(counted["days"].to_numpy(), counted["mean"].to_numpy(), np.ones(counted.height))
    except ValueError as error:
        raise TooLittleError(str(error)) from None
    return LifetimeModel(name, purchases, values)


def judge(rows: pl.DataFrame, settings: Settings) -> tuple[str, Periods, list[Judgement]]:
    """Which model is nearer to the revenue of the validation period, and how near that one is on the test's. TooLittleError."""
    horizon = int(settings["lifetime_test_days"])  # type: ignore[call-overload]
    split = periods(rows["snapshot_on"].unique().to_list(), horizon, learns_earlier=False)
    at = {day: buyers(rows.filter(pl.col("snapshot_on") == day)) for day in (split.validation, split.test)}
    judgements: list[Judgement] = []
    errors = {}
    for name in MODELS:
        expected = fit(at[split.validation], name).worth(at[split.validation], horizon)
        figures = _measures(at[split.validation], expected)
        errors[name] = figures[0].value
        judgements += _told(figures, name, "candidate", "validation", split.validation, at[split.validation])
    chosen = min(errors, key=lambda name: errors[name] if errors[name] is not None else np.inf)
    model = fit(at[split.test], chosen)
    figures = [*_measures(at[split.test], model.worth(at[split.test], horizon)), *_parameters(model)]
    judgements += _told(figures, chosen, "chosen", "test", split.test, at[split.test])
    for name, expected in _baselines(at[split.test], horizon):
        judgements += _told(_measures(at[split.test], expected), name, "baseline", "test", split.test, at[split.test])
    return chosen, split, judgements


def _history(rows: pl.DataFrame) -> tuple[Doubles, Doubles, Doubles]:
    """Repeats (days with an order but the first), time of the last one and time observed, in days."""
    days = rows["order_day_count"].cast(pl.Float64).to_numpy()
    observed = rows["first_order_days"].cast(pl.Float64).to_numpy()
    return days - 1, observed - rows["recency_days"].cast(pl.Float64).to_numpy(), observed


def _amounts(rows: pl.DataFrame) -> tuple[Doubles, Doubles]:
    """Days with an order, and the mean amount of one."""
    days = rows["order_day_count"].cast(pl.Float64).to_numpy()
    return days, np.maximum(rows["revenue_amount"].cast(pl.Float64).to_numpy(), 0.0) / days


def _baselines(rows: pl.DataFrame, horizon: int) -> Sequence[tuple[str, Doubles]]:
    days, means = _amounts(rows)
    observed = _history(rows)[2]
    rate = days * means / (observed + 1.0) * horizon
    everybody = float(np.sum(days * means) / max(np.sum(observed + 1.0), 1.0)) * horizon
    return (("own_rate_so_far", rate), ("everybody_alike", np.full(rows.height, everybody)))


def _measures(rows: pl.DataFrame, expected: Doubles) -> list[Figure]:
    """Errors of each customer's revenue, of everybody's, and how well the order of customers is told."""
    actual = rows["lifetime_amount"].cast(pl.Float64).to_numpy()
    bought = (rows["lifetime_order_day_count"] > 0).cast(pl.Float64).to_numpy()
    weights = draws(rows.height, SEED)
    off = np.abs(actual - expected)
    low, high = np.percentile(weights @ off / rows.height, [2.5, 97.5]) if rows.height else (None, None)
    ranks = auc(bought, expected, weights)
    told = auc(bought, expected, np.ones((1, rows.height)))[0]
    area = Figure("roc_auc", float(told), *(float(one) for one in np.nanpercentile(ranks, [2.5, 97.5]))) if np.isfinite(told) else Figure("roc_auc", None)
    return [
        Figure("mae", float(off.mean()), low, high),
        Figure("rmse", float(np.sqrt(np.mean(off**2)))),
        Figure("total_off_rate", float(expected.sum() / actual.sum() - 1) if actual.sum() > 0 else None),
        area,
        *(one for one in tenths(actual, expected) if one.metric == "gain"),
    ]


def _parameters(model: LifetimeModel) -> list[Figure]:
    purchases, values = model.purchases, model.values
    told = {"r": purchases.r, "alpha": purchases.alpha, "a": purchases.a, "b": purchases.b}
    told |= {"value_p": values.p, "value_q": values.q, "value_gamma": values.gamma}
    return [Figure(f"parameter_{name}", value) for name, value in told.items()]


def _told(
    figures: Sequence[Figure], candidate: str, role: str, split: str, day: date, rows: pl.DataFrame
) -> list[Judgement]:
    positives = int((rows["lifetime_order_day_count"] > 0).sum())
    return [Judgement(candidate, role, split, day, rows.height, positives, figure) for figure in figures]
