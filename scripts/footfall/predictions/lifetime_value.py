"""Lifetime values of customers: the models of `lifetime` fitted to a snapshot, chosen and judged by what came after earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from footfall.predictions.bands import banded
from footfall.predictions.features import DIGITS, NUMBER, Feature
from footfall.predictions.judging import Doubles, Figure, auc, draws, mean_of, root_gained, root_of, tenths
from footfall.predictions.lifetime import Purchases, Values, fit_purchases, fit_values, histories
from footfall.predictions.periods import Periods, TooLittleError, periods
from footfall.predictions.reasons import strongest, told_of
from footfall.predictions.tasks import Settings
from footfall.predictions.training import Judgement

MODELS = {"mbg_nbd": True, "bg_nbd": False}
"""Whether the model lets customers leave right after their first order."""
SEED = 20_250_102
MONEY = pl.Decimal(18, 4)
CHOSEN_BY = "rmse"
"""Most buyers of a period bring nothing, so the mean error would be least if nothing were expected of anybody; the root mean
square error is least for what is brought on average."""
PARTS = (
    Feature("order_day_count", NUMBER, "days with an order", "orders"),
    Feature("recency_days", NUMBER, "days since the last order", "last order"),
    Feature("first_order_days", NUMBER, "days since the first order", "time as a customer"),
    Feature("mean_order_day_amount", NUMBER, "amount of such a day", "money"),
)
"""What a history is made of."""
HISTORY = ("customer_id", "snapshot_on", "order_day_count", "recency_days", "first_order_days", "revenue_amount")
PARAMETERS = ("r", "alpha", "a", "b", "value_p", "value_q", "value_gamma")


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
        errors[name] = next(one.value for one in figures if one.metric == CHOSEN_BY)
        judgements += _told(figures, name, "candidate", "validation", split.validation, at[split.validation])
    chosen = min(errors, key=lambda name: errors[name] if errors[name] is not None else np.inf)
    model = fit(at[split.test], chosen)
    figures = [
        *_measures(at[split.test], model.worth(at[split.test], horizon)),
        *(Figure(f"parameter_{name}", value) for name, value in parameters(model).items()),
    ]
    judgements += _told(figures, chosen, "chosen", "test", split.test, at[split.test])
    actual = at[split.test]["lifetime_amount"].cast(pl.Float64).to_numpy()
    own = model.worth(at[split.test], horizon)
    for name, expected in _baselines(at[split.test], horizon):
        gained = root_gained(actual, own, expected, draws(actual.size, SEED))
        figures = [*_measures(at[split.test], expected), gained]
        judgements += _told(figures, name, "baseline", "test", split.test, at[split.test])
    return chosen, split, judgements


def parameters(model: LifetimeModel) -> dict[str, float]:
    """The numbers that a model is made of, by name."""
    purchases, values = model.purchases, model.values
    told = {"r": purchases.r, "alpha": purchases.alpha, "a": purchases.a, "b": purchases.b}
    return told | {"value_p": values.p, "value_q": values.q, "value_gamma": values.gamma}


def of_parameters(name: str, told: Mapping[str, float]) -> LifetimeModel:
    """The model that parameters() told."""
    purchases = Purchases(told["r"], told["alpha"], told["a"], told["b"], MODELS[name], np.nan)
    return LifetimeModel(name, purchases, Values(told["value_p"], told["value_q"], told["value_gamma"], np.nan))


def amounts(model: LifetimeModel, rows: pl.DataFrame, horizon: int) -> pl.Series:
    """The revenue that is expected of each buyer within `horizon` days, in cents' precision."""
    return pl.Series(model.worth(rows, horizon), dtype=pl.Float64).round(2)


def usual(rows: pl.DataFrame) -> dict[str, float | str | None]:
    """The median buyer's history, by the name of its part: what reasons compare with. Kept with the model, so that a customer's
    reasons do not depend on who else is asked of."""
    told = buyers(rows).with_columns(pl.Series("mean_order_day_amount", _amounts(buyers(rows))[1]))
    return {part.name: told[part.name].cast(pl.Float64).median() for part in PARTS}  # type: ignore[misc]


def valued(
    model: LifetimeModel,
    rows: pl.DataFrame,
    horizon: int,
    cuts: dict[str, float],
    usual: Mapping[str, float | str | None],
) -> pl.DataFrame:
    """Each buyer's expected days with an order and revenue within `horizon` days, a band, and what moved the revenue most.

    KeyError where `usual` lacks a part of a history.
    """
    rows = buyers(rows)
    days, means = model.order_days(rows, horizon), model.day_amounts(rows)
    worth = amounts(model, rows, horizon)
    alive = pl.Series(model.alive(rows), dtype=pl.Float64).round(DIGITS)
    came_back = rows["order_day_count"] > 1
    return rows.select(
        "customer_id",
        "snapshot_on",
        # BG/NBD says 1 of whoever ordered once, which tells nothing.
        pl.when(came_back | model.purchases.is_modified).then(alive).alias("alive_probability"),
        pl.Series("expected_order_day_count", days, dtype=pl.Float64).round(DIGITS),
        pl.Series("expected_order_day_amount", means, dtype=pl.Float64).round(2).cast(MONEY),
        worth.cast(MONEY).alias("lifetime_value_amount"),
        (banded(worth, cuts) if rows.height else pl.Series([], dtype=pl.String)).alias("lifetime_value_band"),
        *_why(model, rows, horizon, usual),
    )


def _why(
    model: LifetimeModel, rows: pl.DataFrame, horizon: int, usual: Mapping[str, float | str | None]
) -> list[pl.Series]:
    """What the value would be with one part of the history as the median buyer's: the difference is what that part did."""
    if not rows.height:
        return [pl.Series(f"reason_{number}", [], dtype=pl.String) for number in (1, 2, 3)]
    mean = pl.Series("mean_order_day_amount", _amounts(rows)[1])
    rows = rows.with_columns(mean)
    worth = model.worth(rows, horizon)
    moved, told = [], []
    for part in PARTS:
        changed = rows.with_columns(pl.lit(usual[part.name]).alias(part.name))
        # A history stays one: the last order is not before the first, and is the first where there is one only.
        once = pl.col("order_day_count") <= 1
        first, last = pl.col("first_order_days"), pl.col("recency_days")
        begun = (
            pl.when(once).then(first).otherwise(pl.max_horizontal(first, last))
            if part.name == first.meta.output_name()
            else first
        )
        changed = changed.with_columns(begun.alias("first_order_days"))
        changed = changed.with_columns(
            pl.when(once).then(first).otherwise(pl.min_horizontal(first, last)).alias("recency_days")
        )
        changed = changed.with_columns(
            (pl.col("mean_order_day_amount") * pl.col("order_day_count")).alias("revenue_amount")
        )
        moved.append(worth - model.worth(changed, horizon))
        told.append(told_of(rows, part, usual))
    return strongest(np.column_stack(moved), told, lambda change: f"{change:+,.0f}", 0.5).get_columns()


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
    return (
        ("own_rate_so_far", rate),
        ("everybody_alike", np.full(rows.height, everybody)),
        ("nothing_more", np.zeros(rows.height)),
    )


def _measures(rows: pl.DataFrame, expected: Doubles) -> list[Figure]:
    """Errors of each customer's revenue, of everybody's, and how well the order of customers is told."""
    actual = rows["lifetime_amount"].cast(pl.Float64).to_numpy()
    bought = (rows["lifetime_order_day_count"] > 0).cast(pl.Float64).to_numpy()
    weights = draws(rows.height, SEED)
    off = np.abs(actual - expected)
    ranks = auc(bought, expected, weights)
    told = auc(bought, expected, np.ones((1, rows.height), np.int64))[0]
    area = (
        Figure("roc_auc", float(told), *(float(one) for one in np.nanpercentile(ranks, [2.5, 97.5])))
        if np.isfinite(told)
        else Figure("roc_auc", None)
    )
    return [
        mean_of("mae", off, weights),
        root_of(CHOSEN_BY, off, weights),
        Figure("total_off_rate", float(expected.sum() / actual.sum() - 1) if actual.sum() > 0 else None),
        area,
        *(one for one in tenths(actual, expected) if one.metric == "gain"),
    ]


def _told(
    figures: Sequence[Figure], candidate: str, role: str, split: str, day: date, rows: pl.DataFrame
) -> list[Judgement]:
    positives = int((rows["lifetime_order_day_count"] > 0).sum())
    return [Judgement(candidate, role, split, day, rows.height, positives, figure) for figure in figures]
