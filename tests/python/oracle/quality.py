"""Whether the data can be trusted: drift, volumes, lateness, and what cannot be true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from oracle.core import Core
from oracle.customers import Today
from oracle.entities import NO_LANDING_DAY, Entities
from oracle.options import Options
from oracle.scores import exact_score
from oracle.snapshots import count, rows
from oracle.statistics import percentile_cont, ratio

EVENT_CATEGORIES = ("event_type", "device_type", "traffic_channel", "country")
PRICED = ("add_to_cart", "payment_attempted")
CUSTOMER_NUMBERS = ("engagement_score", "session_count_30_days")
DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NULL_BIN, UNSEEN_BIN = -1, -2
KNOWN_STATUSES = ("canceled", "unavailable", "returned", "adjusted", "unknown")
CENT = 100  # ten-thousandths
Bins = Mapping[object, int]


def landing_day() -> pl.Expr:
    """The day an event landed; for sources without one, the day it happened."""
    return pl.coalesce("_landed_on", "event_date")


# Drift ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """How one distribution differs from another."""

    null_count: int
    unseen_count: int
    bin_count: int
    psi: float
    expected_psi: float


def binned_numbers(reference: pl.DataFrame, present: pl.DataFrame) -> tuple[Bins, Bins]:
    """Rows per bin between the deciles of the reference; `value` and `weight` are the columns."""
    known = reference.drop_nulls("value")
    values = known["value"].repeat_by(known["weight"]).explode(empty_as_null=False) if known.height else []
    edges = sorted({edge for share in DECILES if (edge := percentile_cont(values, share)) is not None})
    low, high = known["value"].min(), known["value"].max()

    def placed(table: pl.DataFrame) -> Bins:
        bins: dict[object, int] = {}
        found = np.searchsorted(np.array(edges), table["value"].fill_null(0).to_numpy(), side="left")
        for value, weight, edge in zip(table["value"], table["weight"], found.tolist(), strict=True):
            if value is None:
                edge = NULL_BIN
            elif low is None or high is None or value < low or value > high:
                edge = UNSEEN_BIN
            bins[edge] = bins.get(edge, 0) + weight
        return bins

    return placed(reference), placed(present)


def binned_scores(reference: pl.DataFrame, present: pl.DataFrame) -> tuple[Bins, Bins]:
    """Rows per tenth of the range 0 to 1: how many of 0.1 … 0.9 lie below a score."""

    def placed(table: pl.DataFrame) -> Bins:
        bins: dict[object, int] = {}
        for value, weight in table.select("value", "weight").iter_rows():
            tenth = NULL_BIN if value is None else sum(edge / 10 < value for edge in range(1, 10))
            bins[tenth] = bins.get(tenth, 0) + weight
        return bins

    return placed(reference), placed(present)


def binned_levels(reference: pl.DataFrame, present: pl.DataFrame) -> tuple[Bins, Bins]:
    """Rows per level; levels that the reference lacks are one bin."""

    def named(level: object) -> object:
        return NULL_BIN if level is None else level

    before = {named(level): weight for level, weight in reference.select("value", "weight").iter_rows()}
    now: dict[object, int] = {}
    for level, weight in present.select("value", "weight").iter_rows():
        bin_name = named(level)
        if bin_name != NULL_BIN and bin_name not in before:
            bin_name = UNSEEN_BIN
        now[bin_name] = now.get(bin_name, 0) + weight
    return before, now


def shift(before: Bins, now: Bins) -> Shift:
    """The population stability index of two sets of bins, shares smoothed by half a row per bin."""
    bins = sorted(before.keys() | now.keys(), key=str)
    reference = np.array([before.get(name, 0) for name in bins], dtype=np.float64)
    present = np.array([now.get(name, 0) for name in bins], dtype=np.float64)
    half = 0.5 * len(bins)
    q, p = (reference + 0.5) / (reference.sum() + half), (present + 0.5) / (present.sum() + half)
    expected = (len(bins) - 1) * (1 / present.sum() + 1 / reference.sum())
    return Shift(
        null_count=now.get(NULL_BIN, 0),
        unseen_count=now.get(UNSEEN_BIN, 0),
        bin_count=len(bins),
        psi=float(((p - q) * np.log(p / q)).sum()),
        expected_psi=float(expected),
    )


def _drift(
    table: pl.DataFrame,
    references: list[tuple[date, date, date, list[date]]],
    kind: str,
    options: Options,
) -> list[dict[str, object]]:
    """Rows for (measured_on, reference_from, reference_to, reference days); `table` is day, value, weight."""
    by_day = {key[0]: part for key, part in table.partition_by("day", as_dict=True, include_key=False).items()}
    binned = {"number": binned_numbers, "score": binned_scores, "category": binned_levels}[kind]
    found: list[dict[str, object]] = []
    merged: dict[tuple[date, date], pl.DataFrame] = {}
    for day, start, end, days in references:
        parts = [by_day[name] for name in days if name in by_day]
        if not parts or day not in by_day:
            continue
        if (start, end) not in merged:
            merged[start, end] = pl.concat(parts).group_by("value").agg(pl.col("weight").sum())
        reference, present = merged[start, end], by_day[day]
        change = shift(*binned(reference, present))
        total, total_before = int(present["weight"].sum()), int(reference["weight"].sum())
        is_measurable = min(total, total_before) >= options.drift_min_rows
        corrected = change.psi - change.expected_psi
        found.append(
            {
                "measured_on": day,
                "kind": kind,
                "reference_from": start,
                "reference_to": end,
                "row_count": total,
                "null_count": change.null_count,
                "unseen_count": change.unseen_count,
                "reference_row_count": total_before,
                "bin_count": change.bin_count,
                "psi": change.psi if is_measurable else None,
                "expected_psi": change.expected_psi if is_measurable else None,
                "corrected_psi": corrected if is_measurable else None,
                "is_measurable": is_measurable,
                "is_alarm": is_measurable and corrected >= options.drift_alarm_psi,
            }
        )
    return found


DRIFT_SCHEMA = {
    "feature": pl.String, "measured_on": pl.Date, "entity": pl.String, "kind": pl.String,
    "reference_from": pl.Date, "reference_to": pl.Date, "row_count": pl.Int64, "null_count": pl.Int64,
    "unseen_count": pl.Int64, "reference_row_count": pl.Int64, "bin_count": pl.Int64, "psi": pl.Float64,
    "expected_psi": pl.Float64, "corrected_psi": pl.Float64, "is_measurable": pl.Boolean, "is_alarm": pl.Boolean,
}  # fmt: skip


def _month_before(day: date) -> tuple[date, date]:
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def score_drift(now: Today) -> pl.DataFrame:
    """Each feature against the month, or the snapshot, before."""
    found: list[dict[str, object]] = []
    last = now.core.as_of_date or date(1970, 1, 1)
    events = now.core.events.with_columns(day=landing_day()).filter(pl.col("day") <= last)
    for feature in (*EVENT_CATEGORIES, "amount"):
        is_number = feature == "amount"
        table = events.filter(pl.col("event_type").is_in(PRICED)) if is_number else events
        table = table.group_by("day", value=feature).agg(weight=rows())
        days = sorted(table["day"].unique())
        references = []
        for day in days:
            start, end = _month_before(day)
            references.append((day, start, end, [name for name in days if start <= name <= end]))
        kind = "number" if is_number else "category"
        lines = _drift(table, references, kind, now.options)
        found.extend({"feature": feature, "entity": "events", **line} for line in lines)
    snapshots = sorted(now.facts["snapshot_on"].unique())
    states = now.snapshots.with_columns(engagement_score=exact_score())
    for feature in CUSTOMER_NUMBERS:
        table = states.group_by(day="snapshot_on", value=feature).agg(weight=rows())
        references = [(day, before, before, [before]) for before, day in pairwise(snapshots)]
        lines = _drift(table, references, "score" if feature.endswith("_score") else "number", now.options)
        found.extend({"feature": feature, "entity": "customers", **line} for line in lines)
    return pl.DataFrame(found, schema=DRIFT_SCHEMA)


# Volumes --------------------------------------------------------------------------------------

VOLUME_COLUMNS = [
    "subject_type", "subject", "measured_on", "row_count", "weekday", "reference_day_count", "median_row_count",
    "mad_row_count", "robust_z", "change_rate", "is_measurable", "is_anomaly", "direction",
]  # fmt: skip


def _daily_counts(core: Core, reconciliation: pl.DataFrame) -> pl.DataFrame:
    """Rows per subject and day, where there were any."""
    landed = reconciliation.filter((pl.col("landed_on") != NO_LANDING_DAY) & (pl.col("landed_count") > 0))
    events = core.events.group_by(subject="event_type", measured_on=landing_day()).agg(row_count=rows())
    orders = core.orders.filter(~pl.col("is_inferred") & pl.col("ordered_on").is_not_null())
    parts = {
        "table": landed.select(subject="source_table", measured_on="landed_on", row_count="landed_count"),
        "event_type": events,
        "orders": orders.group_by(subject=pl.lit("orders"), measured_on="ordered_on").agg(row_count=rows()),
    }
    columns = ["subject_type", "subject", "measured_on", "row_count"]
    return pl.concat(part.with_columns(subject_type=pl.lit(kind)).select(columns) for kind, part in parts.items())


def volume_anomalies(core: Core, reconciliation: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Each day's volume against the same weekday of the weeks before."""
    last = core.as_of_date or date(1970, 1, 1)
    subject = ["subject_type", "subject"]
    counts = _daily_counts(core, reconciliation).filter(pl.col("measured_on") <= last)
    dense = (
        counts.group_by(subject)
        .agg(measured_on=pl.date_range(pl.col("measured_on").min(), pl.lit(last)))
        .explode("measured_on", empty_as_null=False)
        .join(counts, on=[*subject, "measured_on"], how="left")
        .with_columns(pl.col("row_count").fill_null(0))
    )
    weeks = pl.DataFrame({"weeks": pl.int_range(1, options.volume_reference_weeks + 1, eager=True)})
    earlier = dense.join(weeks, how="cross").select(
        *subject, reference="row_count", measured_on=pl.col("measured_on") + pl.duration(days=7 * pl.col("weeks"))
    )
    pairs = earlier.join(dense.select(*subject, "measured_on"), on=[*subject, "measured_on"])
    pairs = pairs.with_columns(median=pl.col("reference").median().over(*subject, "measured_on"))
    figures = pairs.group_by(*subject, "measured_on").agg(
        reference_day_count=rows(),
        median_row_count=pl.col("median").first(),
        mad_row_count=(pl.col("reference") - pl.col("median")).abs().median(),
    )
    median, off = pl.col("median_row_count"), pl.col("row_count") - pl.col("median_row_count")
    spread = pl.max_horizontal(1.4826 * pl.col("mad_row_count"), median.sqrt(), pl.lit(1.0))
    is_measurable = (pl.col("reference_day_count") >= options.volume_min_weeks) & (median >= options.volume_min_rows)
    is_far = pl.col("robust_z").abs() > options.volume_alarm_z
    is_large = pl.col("change_rate").abs() >= options.volume_alarm_change
    return (
        dense.join(figures, on=[*subject, "measured_on"], how="left")
        .with_columns(
            pl.col("reference_day_count").fill_null(0),
            weekday=pl.col("measured_on").dt.weekday().cast(pl.Int64),
            robust_z=pl.when(median.is_not_null()).then(off / spread),
            change_rate=pl.when(median != 0).then(pl.col("row_count") / median - 1),
        )
        .with_columns(is_measurable=is_measurable.fill_null(False))
        .with_columns(is_anomaly=(pl.col("is_measurable") & is_far & is_large).fill_null(False))
        .with_columns(
            direction=pl.when("is_anomaly").then(
                pl.when(pl.col("robust_z") > 0).then(pl.lit("more")).otherwise(pl.lit("fewer"))
            )
        )
        .select(VOLUME_COLUMNS)
    )


def late_arrivals(core: Core, options: Options) -> pl.DataFrame:
    """How old the events of each landing day were."""
    events = core.events.filter(pl.col("_landed_on").is_not_null()).with_columns(
        days_late=(pl.col("_landed_on") - pl.col("event_date")).dt.total_days().cast(pl.Int64)
    )
    is_late = pl.col("days_late") > options.late_after_days
    return (
        events.group_by(landed_on="_landed_on")
        .agg(
            event_count=rows(),
            late_event_count=count(is_late),
            mean_days_late=pl.col("days_late").mean(),
            p95_days_late=pl.col("days_late").quantile(0.95, interpolation="linear"),
            max_days_late=pl.col("days_late").max(),
            oldest_event_on=pl.col("event_date").min(),
            touched_session_count=pl.col("session_id").filter(is_late).n_unique().cast(pl.Int64),
        )
        .with_columns(late_rate=ratio("late_event_count", "event_count"))
    )


# Consistency ----------------------------------------------------------------------------------


def _checked(core: Core, entities: Entities, options: Options) -> dict[str, tuple[str, pl.DataFrame, str, pl.Expr]]:
    """Per check: its subject, the rows that it looks at, their id, and what fails."""
    orders, customers = core.orders, core.customers
    lines = entities["order_items"].group_by("order_id").agg(lines_amount=pl.col("amount").sum())
    signups = customers.select("customer_id", "signed_up_at").drop_nulls()
    last_seen = (
        core.events.drop_nulls("customer_id").group_by("customer_id").agg(last_event_at=pl.col("event_at").max())
    )
    dated = orders.filter(pl.col("ordered_at").is_not_null())
    itemized = orders.join(lines, on="order_id").filter(pl.col("item_amount").is_not_null())
    summed = orders.filter(pl.col("item_amount").is_not_null() & pl.col("order_amount").is_not_null())
    parts = pl.col("item_amount") + pl.col("shipping_amount").fill_null(0) - pl.col("discount_amount").fill_null(0)
    delivered = orders.filter(pl.col("delivered_at").is_not_null())
    reviewed = core.reviews.join(delivered.select("order_id", "delivered_at"), on="order_id")
    paid = orders.filter(
        pl.col("is_counted") & (pl.col("approved_payment_count") > 0) & pl.col("order_amount").is_not_null()
    )
    known = pl.col("is_counted") | pl.col("status").is_in(KNOWN_STATUSES).fill_null(False)
    inferred = pl.col("is_inferred")

    def differs(one: pl.Expr, other: pl.Expr) -> pl.Expr:
        return (one - other).abs() > CENT

    return {
        "signups_after_last_event": (
            "customers", signups.join(last_seen, on="customer_id"), "customer_id",
            pl.col("signed_up_at") > pl.col("last_event_at"),
        ),
        "orders_after_as_of_date": ("orders", dated, "order_id", pl.col("ordered_at") >= core.as_of),
        "orders_before_signup": (
            "orders", dated.join(signups, on="customer_id"), "order_id",
            pl.col("ordered_at") < pl.col("signed_up_at"),
        ),
        "inferred_customers": ("customers", customers, "customer_id", inferred),
        "inferred_products": ("products", core.products, "product_id", inferred),
        "inferred_orders": ("orders", orders, "order_id", inferred),
        "paid_orders_without_items": (
            "orders", orders.filter("is_counted"), "order_id", pl.col("item_count") == 0,
        ),
        "item_sum_differs_from_order": (
            "orders", itemized, "order_id", differs(pl.col("lines_amount"), pl.col("item_amount")),
        ),
        "order_amount_differs_from_parts": ("orders", summed, "order_id", differs(parts, pl.col("order_amount"))),
        "reviews_before_delivery": (
            "reviews", reviewed, "review_id", pl.col("reviewed_at") < pl.col("delivered_at"),
        ),
        "deliveries_before_order": (
            "orders", delivered.filter(pl.col("ordered_at").is_not_null()), "order_id",
            pl.col("delivered_at") < pl.col("ordered_at"),
        ),
        "payments_differ_from_order": (
            "orders", paid, "order_id", differs(pl.col("approved_payment_amount"), pl.col("order_amount")),
        ),
        "orders_of_unknown_status": ("orders", orders, "order_id", ~known),
    }  # fmt: skip


def consistency_checks(core: Core, entities: Entities, options: Options) -> pl.DataFrame:
    """What cannot be true, counted; every check has a row."""
    found = []
    for name, (subject, table, key, fails) in _checked(core, entities, options).items():
        failed = table.filter(fails.fill_null(False))[key].sort()
        found.append(
            {
                "check_name": name,
                "subject": subject,
                "checked_count": table.height,
                "failed_count": failed.len(),
                "example_ids": ", ".join(failed.head(5)),
            }
        )
    return pl.DataFrame(found).with_columns(failed_rate=ratio("failed_count", "checked_count"))
