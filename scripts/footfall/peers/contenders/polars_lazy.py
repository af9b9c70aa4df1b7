"""Polars: lazy frames on the streaming engine; sessions by group, the funnel by join_asof, anti joins."""

from __future__ import annotations

import os

import polars as pl

from footfall.peers.questions import (
    CAP,
    CONVERSION_WINDOW_HOURS,
    COUNTED_STATUSES,
    FUNNEL_STEPS,
    MIN_SHOPPERS,
    RECENT_DAYS,
    SESSION_TIMEOUT_MINUTES,
    WEIGHTS,
    Task,
)

TIMEOUT = pl.duration(minutes=SESSION_TIMEOUT_MINUTES)
WINDOW = pl.duration(hours=CONVERSION_WINDOW_HOURS)


def start(task: Task) -> dict[str, pl.LazyFrame]:
    """The files as lazy frames. Threads are set by the environment, before Polars is imported."""
    assert os.environ.get("POLARS_MAX_THREADS") == str(task.threads)
    return {table: pl.scan_parquet(task.files(table)) for table in ("events", "orders", "order_items", "customers")}


def answer(session: dict[str, pl.LazyFrame], task: Task) -> None:
    """Runs the question's lazy frame and writes its rows as Parquet."""
    ANSWERS[task.question](session, task).sink_parquet(task.output, engine="streaming")


def _sessions(tables: dict[str, pl.LazyFrame], _: Task) -> pl.LazyFrame:
    # Sorting within each visitor takes half as long as sorting all rows.
    events = tables["events"].group_by("visitor_id").agg(pl.col("event_at").sort()).explode("event_at")
    begins = (pl.col("visitor_id") != pl.col("visitor_id").shift()) | (pl.col("event_at").diff() > TIMEOUT)
    return (
        events.with_columns(begins.fill_null(True).cum_sum().alias("session"))
        .group_by("session")
        .agg(
            pl.col("visitor_id").first(),
            pl.col("event_at").min().alias("session_start"),
            pl.col("event_at").max().alias("session_end"),
            pl.len().cast(pl.Int64).alias("events"),
        )
        .drop("session")
    )


def _funnel(tables: dict[str, pl.LazyFrame], _: Task) -> pl.LazyFrame:
    def step(number: int) -> pl.LazyFrame:
        rows = tables["events"].filter(pl.col("event_type") == FUNNEL_STEPS[number - 1])
        return rows.select("visitor_id", "event_at").sort("event_at")

    reached = step(1).with_columns(pl.col("event_at").alias("entered_at"))
    levels = [reached]
    for number in range(2, len(FUNNEL_STEPS) + 1):
        joined = step(number).join_asof(reached, on="event_at", by="visitor_id", check_sortedness=False)
        reached = joined.filter(pl.col("event_at") - pl.col("entered_at") <= WINDOW)
        levels.append(reached)
    leveled = [
        rows.select("visitor_id", pl.lit(n, dtype=pl.Int64).alias("level")) for n, rows in enumerate(levels, start=1)
    ]
    furthest = pl.concat(leveled).group_by("visitor_id").agg(pl.col("level").max())
    return furthest.group_by("level").agg(pl.len().cast(pl.Int64).alias("visitors"))


def _deeds(tables: dict[str, pl.LazyFrame]) -> pl.LazyFrame:
    is_deed = pl.col("event_type").is_in(["product_view", "add_to_cart"]) & pl.col("product_id").is_not_null()
    shopper = pl.coalesce("customer_id", "visitor_id").alias("shopper_id")
    return tables["events"].filter(is_deed).select(shopper, "product_id", "event_type")


def _looked_at(deeds: pl.LazyFrame) -> pl.LazyFrame:
    return deeds.group_by("shopper_id", "product_id").agg(
        (pl.col("event_type") == "product_view").sum().cast(pl.Int64).alias("views"),
        (pl.col("event_type") == "add_to_cart").sum().cast(pl.Int64).alias("adds"),
    )


def _viewed_only(tables: dict[str, pl.LazyFrame], looked_at: pl.LazyFrame) -> pl.LazyFrame:
    counted = tables["orders"].filter(pl.col("status").is_in(COUNTED_STATUSES))
    bought = (
        tables["order_items"].join(counted, on="order_id").select(shopper_id="customer_id", product_id="product_id")
    )
    viewed = looked_at.filter((pl.col("views") > 0) & (pl.col("adds") == 0))
    return viewed.join(bought, on=["shopper_id", "product_id"], how="anti")


def _measures() -> list[pl.Expr]:
    return [pl.len().cast(pl.Int64).alias("viewers"), pl.col("views").sum()]


def _cross_sell(tables: dict[str, pl.LazyFrame], task: Task) -> pl.LazyFrame:
    deeds = _deeds(tables)
    is_anchor = pl.col("product_id") == task.anchor_product_id
    anchored = deeds.filter(is_anchor & (pl.col("event_type") == "add_to_cart")).select("shopper_id").unique()
    looked_at = _looked_at(deeds.join(anchored, on="shopper_id", how="semi"))
    return _viewed_only(tables, looked_at).filter(~is_anchor).group_by("product_id").agg(_measures())


def _cross_sell_all(tables: dict[str, pl.LazyFrame], _: Task) -> pl.LazyFrame:
    looked_at = _looked_at(_deeds(tables))
    carted = looked_at.filter(pl.col("adds") > 0).select("shopper_id", anchor_product_id="product_id")
    anchors = carted.group_by("anchor_product_id").len().filter(pl.col("len") >= MIN_SHOPPERS)
    anchored = carted.join(anchors, on="anchor_product_id", how="semi")
    return (
        anchored.join(_viewed_only(tables, looked_at), on="shopper_id")
        .filter(pl.col("anchor_product_id") != pl.col("product_id"))
        .group_by("anchor_product_id", "product_id")
        .agg(_measures())
    )


def _customer_orders(tables: dict[str, pl.LazyFrame], task: Task) -> pl.LazyFrame:
    as_of = pl.lit(task.as_of_date).str.to_date()
    ordered_on = pl.col("ordered_at").dt.date()
    return (
        tables["orders"]
        .filter(pl.col("status").is_in(COUNTED_STATUSES) & (ordered_on <= as_of))
        .group_by("customer_id")
        .agg(
            (as_of - ordered_on.max()).dt.total_days().alias("recency_days"),
            pl.len().cast(pl.Int64).alias("orders"),
            (ordered_on > as_of - pl.duration(days=RECENT_DAYS)).sum().cast(pl.Int64).alias("recent_orders"),
            pl.col("order_amount").sum().cast(pl.Decimal(18, 4)).alias("revenue"),
        )
    )


def _rfm(tables: dict[str, pl.LazyFrame], task: Task) -> pl.LazyFrame:
    def score(measure: str, descending: bool) -> pl.Expr:
        rank = pl.col(measure).rank("min", descending=descending).cast(pl.Int64)
        return (5 * (rank - 1) // pl.max_horizontal(pl.len().cast(pl.Int64) - 1, 1) + 1).clip(upper_bound=5)

    return _customer_orders(tables, task).select(
        "customer_id",
        "recency_days",
        "orders",
        "revenue",
        score("recency_days", True).alias("recency_score"),
        score("orders", False).alias("frequency_score"),
        score("revenue", False).alias("monetary_score"),
    )


def _engagement(tables: dict[str, pl.LazyFrame], task: Task) -> pl.LazyFrame:
    as_of = pl.lit(task.as_of_date).str.to_datetime("%Y-%m-%d", time_unit="us")
    is_recent = (pl.col("event_at") >= as_of - pl.duration(days=RECENT_DAYS - 1)) & (
        pl.col("event_at") < as_of + pl.duration(days=1)
    )
    by_visitor = tables["events"].filter(is_recent).group_by("visitor_id")
    recent = by_visitor.agg(pl.col("event_at", "customer_id").sort_by("event_at")).explode("event_at", "customer_id")
    ends = (pl.col("visitor_id") != pl.col("visitor_id").shift(-1)) | (
        pl.col("event_at").shift(-1) - pl.col("event_at") > TIMEOUT
    )
    customer_sessions = (
        recent.with_columns(ends.fill_null(True).alias("ends"))
        .filter(pl.col("ends") & pl.col("customer_id").is_not_null())
        .group_by("customer_id")
        .agg(pl.len().cast(pl.Int64).alias("recent_sessions"))
    )
    measures = (
        tables["customers"]
        .join(_customer_orders(tables, task), on="customer_id", how="left")
        .join(customer_sessions, on="customer_id", how="left")
        .select(
            "customer_id",
            pl.col("recency_days").cast(pl.Float64).alias("recency"),
            pl.col("recent_orders").fill_null(0).cast(pl.Float64).alias("orders"),
            pl.col("recent_sessions").fill_null(0).cast(pl.Float64).alias("sessions"),
            pl.col("revenue").cast(pl.Float64).fill_null(0.0).alias("revenue"),
        )
    )
    frequency = (_part("orders") + _part("sessions")) / 2
    parts = WEIGHTS["recency"] * _recency_part() + WEIGHTS["frequency"] * frequency
    score = (parts + WEIGHTS["monetary"] * _part("revenue")).round(12)
    return measures.select("customer_id", score.alias("engagement_score"))


def _bounds(measure: str) -> tuple[pl.Expr, pl.Expr]:
    value = pl.col(measure)
    cap = value.quantile(CAP, "linear").round(6)
    of_doers = value.filter(value != 0).quantile(CAP, "linear").round(6)
    return value.min(), pl.min_horizontal(value.max(), pl.when(cap > value.min()).then(cap).otherwise(of_doers))


def _part(measure: str) -> pl.Expr:
    low, top = _bounds(measure)
    return pl.when(top > low).then((pl.min_horizontal(measure, top) - low) / (top - low)).otherwise(0.0)


def _recency_part() -> pl.Expr:
    low, top = _bounds("recency")
    part = (top - pl.min_horizontal("recency", top)) / (top - low)
    return pl.when((top > low) & pl.col("recency").is_not_null()).then(part).otherwise(0.0)


ANSWERS = {
    "sessions": _sessions,
    "funnel": _funnel,
    "cross_sell": _cross_sell,
    "cross_sell_all": _cross_sell_all,
    "rfm": _rfm,
    "engagement": _engagement,
}
