"""What is predicted of customers: outcomes of yes or no, whom they are about, and the dumbest rules that could do the job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from footfall.predictions.features import Feature, chosen

Settings = Mapping[str, object]


@dataclass(frozen=True)
class Task:
    """One prediction. Expressions are over features and outcomes of one row.

    known: whether the outcome is known; outcome: whether it came about (may use `cut`, a number learned from the training rows by
    `learn_cut`); about: whom it is asked of; baselines: scores that rise with the outcome's likelihood, NULL is the lowest.
    """

    name: str
    horizon: str
    known: pl.Expr
    outcome: Callable[[float | None], pl.Expr]
    about: pl.Expr
    baselines: Mapping[str, pl.Expr]
    features: Callable[[Settings], tuple[Feature, ...]] = field(default=lambda settings: chosen())
    learn_cut: Callable[[pl.DataFrame, Settings], float | None] = field(default=lambda rows, settings: None)


def _value_cut(rows: pl.DataFrame, settings: Settings) -> float | None:
    """The percentile of what those spent who spent anything, interpolated; None when nobody did."""
    spent = rows.filter(pl.col("future_revenue_amount") > 0)["future_revenue_amount"].cast(pl.Float64)
    return spent.quantile(float(settings["high_value_percentile"]), interpolation="linear")


def _more_than(cut: float | None) -> pl.Expr:
    return pl.col("future_revenue_amount").cast(pl.Float64) > (float("inf") if cut is None else cut)


CHURN = Task(
    name="churn",
    horizon="churn_horizon_days",
    known=pl.col("has_churned").is_not_null(),
    outcome=lambda cut: pl.col("has_churned"),
    about=pl.col("can_churn"),
    baselines={
        "days_since_last_order": pl.col("recency_days"),
        "days_since_last_visit": pl.col("idle_days"),
        "last_period_repeated": -pl.col("order_count_30_days"),
    },
)
HIGH_VALUE = Task(
    name="high_value",
    horizon="high_value_horizon_days",
    known=pl.col("future_revenue_amount").is_not_null(),
    outcome=_more_than,
    about=pl.lit(True),
    baselines={
        "revenue_so_far": pl.col("revenue_amount").cast(pl.Float64),
        "days_since_last_order": -pl.col("recency_days"),
        "last_period_repeated": pl.col("order_count_30_days"),
    },
    features=lambda settings: chosen(
        money=bool(settings["high_value_uses_money"]), products=bool(settings["high_value_uses_products"])
    ),
    learn_cut=_value_cut,
)
NEXT_PURCHASE = Task(
    name="next_purchase",
    horizon="next_purchase_days",
    known=pl.col("has_purchased").is_not_null(),
    outcome=lambda cut: pl.col("has_purchased"),
    about=pl.lit(True),
    baselines={
        "days_since_last_order": -pl.col("recency_days"),
        "days_since_last_visit": -pl.col("idle_days"),
        "last_period_repeated": pl.col("order_count_30_days"),
    },
)
TASKS = {task.name: task for task in (CHURN, HIGH_VALUE, NEXT_PURCHASE)}
