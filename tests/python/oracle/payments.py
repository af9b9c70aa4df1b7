"""Carts left behind, and why payments fail."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import polars as pl

from oracle.core import Core
from oracle.options import Options
from oracle.statistics import Z95, benjamini_hochberg, ranks, ratio, upper_tail, wilson

SINGLES = (
    "gateway", "payment_method", "device_type", "app_version", "country", "hour_of_day",
    "amount_band",
)  # fmt: skip
PAIRED = ("gateway", "payment_method", "device_type", "app_version", "country", "amount_band")
TIMES = " \N{MULTIPLICATION SIGN} "
FAILURES = ("declined", "error", "timeout", "abandoned")


def amount_band(options: Options) -> pl.Expr:
    """The band of an amount: from its lower bound on, below its upper one."""
    bounds = options.amount_band_bounds
    labels = [f"below {bounds[0]}"]
    labels += [f"{low} to {high}" for low, high in pairwise(bounds)]
    amount = pl.col("amount")
    band = pl.when(amount.is_null()).then(pl.lit("unknown"))
    for bound, label in zip(bounds, labels, strict=True):
        band = band.when(amount < bound * 10_000).then(pl.lit(label))
    return band.otherwise(pl.lit(f"{bounds[-1]} or more"))


def _attempts(core: Core, options: Options) -> pl.DataFrame:
    hour = pl.col("attempted_at").dt.strftime("%H")
    return core.payments.with_columns(
        hour_of_day=hour,
        amount_band=amount_band(options),
        is_failed=~pl.col("is_approved"),
    ).with_columns(pl.col(*SINGLES).fill_null("unknown"))


def cart_abandonment(core: Core, options: Options) -> pl.DataFrame:
    """Sessions with something put in the cart, and how far they went after it."""
    window = pl.duration(microseconds=options.window)
    kind = pl.col("event_type")
    added, removed = kind == "add_to_cart", kind == "remove_from_cart"
    amount = pl.col("amount").fill_null(0)
    carts = (
        core.events.group_by("session_id")
        .agg(
            carted_at=pl.col("event_at").filter(added).min(),
            add_count=added.sum().cast(pl.Int64),
            remove_count=removed.sum().cast(pl.Int64),
            product_count=pl.col("product_id").filter(added).drop_nulls().n_unique().cast(pl.Int64),
            net_amount=amount.filter(added).sum() - amount.filter(removed).sum(),
            **{
                f"last_{name}": pl.col("event_at").filter(kind == name).max()
                for name in ("checkout_started", "payment_attempted", "order_placed")
            },
        )
        .filter(pl.col("add_count") > 0)
        .join(core.sessions, on="session_id")
    )
    carts = carts.with_columns(
        **{
            flag: (pl.col(f"last_{name}") >= pl.col("carted_at")).fill_null(False)
            for flag, name in (
                ("has_checkout", "checkout_started"),
                ("has_payment_attempt", "payment_attempted"),
                ("has_order", "order_placed"),
            )
        }
    )
    placed = core.events.filter(kind == "order_placed").select("visitor_id", ordered_at="event_at")
    later = carts.select("session_id", "visitor_id", "ended_at", "carted_at").join(placed, on="visitor_id")
    in_time = pl.col("ordered_at").is_between(pl.col("ended_at"), pl.col("carted_at") + window, closed="right")
    recovered = later.filter(in_time).group_by("session_id").agg(recovered_at=pl.col("ordered_at").min())
    stage = (
        pl.when("has_order")
        .then(pl.lit("purchased"))
        .when("has_payment_attempt")
        .then(pl.lit("payment"))
        .when("has_checkout")
        .then(pl.lit("checkout"))
        .otherwise(pl.lit("cart"))
    )
    return (
        carts.join(recovered, on="session_id", how="left")
        .with_columns(
            recovered_at=pl.when(~pl.col("has_order")).then("recovered_at"),
            carted_on=pl.col("carted_at").dt.date(),
            cart_amount=pl.col("net_amount").clip(lower_bound=0),
            last_stage=stage,
            is_abandoned=~pl.col("has_order"),
            is_mature=pl.col("carted_at") + window <= core.as_of,
        )
        .with_columns(is_recovered=pl.col("recovered_at").is_not_null())
        .select(
            "session_id", "visitor_id", "customer_id", "carted_at", "carted_on", "device_type",
            "traffic_channel", "country", "add_count", "remove_count", "product_count",
            "cart_amount", "has_checkout", "has_payment_attempt", "has_order", "last_stage",
            "is_abandoned", "recovered_at", "is_recovered", "is_mature",
        )
    )  # fmt: skip


def payment_outcomes(core: Core, options: Options) -> pl.DataFrame:
    """Attempts by outcome, overall and by each breakdown."""
    attempts = _attempts(core, options)
    parts = []
    for breakdown in ("all", *SINGLES, "failure_reason"):
        rows = attempts.filter("is_failed") if breakdown == "failure_reason" else attempts
        value = pl.lit("all") if breakdown == "all" else pl.col(breakdown).fill_null("unknown")
        parts.append(
            rows.group_by(breakdown_value=value).agg(
                breakdown=pl.lit(breakdown),
                attempt_count=pl.len().cast(pl.Int64),
                approved_count=pl.col("is_approved").sum().cast(pl.Int64),
                failed_count=pl.col("is_failed").sum().cast(pl.Int64),
                attempted_amount=pl.col("amount").sum(),
                approved_amount=pl.col("amount").filter("is_approved").sum(),
                **{f"{name}_count": (pl.col("result") == name).sum().cast(pl.Int64) for name in FAILURES},
            )
        )
    table = pl.concat(parts, how="diagonal").filter(pl.col("attempt_count") > 0)
    table = table.with_columns(
        **wilson(table["approved_count"], table["attempt_count"], "approval_rate"),
        total=pl.lit(attempts["is_failed"].sum()),
    )
    known = pl.col("breakdown") != "failure_reason"
    rates = ("approval_rate", "approval_rate_low", "approval_rate_high")
    return table.with_columns(
        **{name: pl.when(known).then(name) for name in rates},
        share_of_failures_rate=ratio("failed_count", "total"),
    ).select(
        "breakdown", "breakdown_value", "attempt_count", "approved_count", "declined_count",
        "error_count", "timeout_count", "abandoned_count", "failed_count", "approval_rate",
        "approval_rate_low", "approval_rate_high", "share_of_failures_rate", "attempted_amount",
        "approved_amount",
    )  # fmt: skip


def heaviest_run(excess: list[Fraction]) -> tuple[int, int]:
    """First and last index of the run with the greatest sum; the earliest, then shortest one."""
    best = (Fraction(-(10**18)), 0, 0)
    start, running = 0, Fraction(0)
    for index, value in enumerate(excess):
        if running <= 0:
            start, running = index, Fraction(0)
        running += value
        if running > best[0]:
            best = (running, start, index)
    return best[1], best[2]


DRIVER_COLUMNS = [
    "slice_id", "breakdown", "breakdown_value", "dimension_count", "attempt_count",
    "failed_count", "failure_rate", "rest_attempt_count", "rest_failed_count",
    "rest_failure_rate", "excess_failed_count", "excess_failed_count_low", "z_score", "p_value",
    "q_value", "is_significant", "driver_rank", "failing_from", "failing_to", "lost_amount",
]  # fmt: skip


def _slices(attempts: pl.DataFrame) -> pl.DataFrame:
    parts = []
    dimensions = [(name,) for name in SINGLES] + list(combinations(PAIRED, 2))
    for names in dimensions:
        value = pl.concat_str([pl.col(name) for name in names], separator=TIMES)
        parts.append(
            attempts.group_by(breakdown_value=value)
            .agg(
                attempt_count=pl.len().cast(pl.Int64),
                failed_count=pl.col("is_failed").sum().cast(pl.Int64),
                lost_amount=pl.col("amount").filter("is_failed").sum(),
            )
            .with_columns(
                breakdown=pl.lit(TIMES.join(names)),
                dimension_count=pl.lit(len(names), dtype=pl.Int64),
            )
        )
    return pl.concat(parts)


def _tested(slices: pl.DataFrame, options: Options) -> pl.DataFrame:
    count = {
        name: slices[name].cast(pl.Float64).to_numpy()
        for name in ("attempt_count", "failed_count", "rest_attempt_count", "rest_failed_count")
    }
    n, m = count["attempt_count"], count["rest_attempt_count"]
    p, q = count["failed_count"] / n, count["rest_failed_count"] / m
    excess = count["failed_count"] - n * q
    pooled = (count["failed_count"] + count["rest_failed_count"]) / (n + m)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    z = np.divide(p - q, spread, out=np.full_like(p, np.nan), where=spread > 0)
    tail = upper_tail(z)
    found = {
        "failure_rate": p,
        "rest_failure_rate": q,
        "excess_failed_count": excess,
        "excess_failed_count_low": excess - Z95 * np.sqrt(n * p * (1 - p) + n * n * q * (1 - q) / m),
        "z_score": z,
        "p_value": tail,
        "q_value": benjamini_hochberg(tail),
    }
    columns = [pl.Series(name, values, dtype=pl.Float64, nan_to_null=True) for name, values in found.items()]
    tested = slices.with_columns(columns)
    significant = (pl.col("q_value") < options.significance_level).fill_null(False)
    return tested.with_columns(is_significant=significant, driver_rank=ranks(tested, ["excess_failed_count_low"]))


def _middle_rate(row: dict[str, object]) -> Fraction:
    """Half way between the slice's failure rate and the rest's, exactly."""
    of_slice = Fraction(row["failed_count"], row["attempt_count"])  # type: ignore[arg-type]
    of_rest = Fraction(row["rest_failed_count"], row["rest_attempt_count"])  # type: ignore[arg-type]
    return (of_slice + of_rest) / 2


def _failing_days(attempts: pl.DataFrame, row: dict[str, object]) -> dict[str, object]:
    names = str(row["breakdown"]).split(TIMES)
    value = pl.concat_str([pl.col(name) for name in names], separator=TIMES)
    days = (
        attempts.filter((value == row["breakdown_value"]) & pl.col("attempted_on").is_not_null())
        .group_by("attempted_on")
        .agg(pl.col("is_failed").sum(), attempts=pl.len())
        .sort("attempted_on")
    )
    middle = _middle_rate(row)
    excess = [failed - count * middle for failed, count in zip(days["is_failed"], days["attempts"], strict=True)]
    first, last = heaviest_run(excess)
    return {
        "slice_id": row["slice_id"],
        "failing_from": days["attempted_on"][first],
        "failing_to": days["attempted_on"][last],
    }


def payment_failure_drivers(core: Core, options: Options) -> pl.DataFrame:
    """Slices of attempts that fail more than the rest, with tests over all of them."""
    attempts = _attempts(core, options)
    total, failed = attempts.height, int(attempts["is_failed"].sum())
    slices = (
        _slices(attempts)
        .with_columns(
            rest_attempt_count=total - pl.col("attempt_count"),
            rest_failed_count=failed - pl.col("failed_count"),
            slice_id=pl.col("breakdown") + "=" + pl.col("breakdown_value"),
        )
        .filter((pl.col("attempt_count") >= options.min_slice_attempts) & (pl.col("rest_attempt_count") > 0))
    )
    tested = _tested(slices, options)
    found = [_failing_days(attempts, row) for row in tested.filter("is_significant").to_dicts()]
    schema = {"slice_id": pl.String, "failing_from": pl.Date, "failing_to": pl.Date}
    days = pl.DataFrame(found, schema=schema)
    return tested.join(days, on="slice_id", how="left").select(DRIVER_COLUMNS)


def payment_recoveries(core: Core, options: Options) -> pl.DataFrame:
    """Orders with a failed attempt: what was tried after it, and what came of it."""
    ordered = core.payments.filter(pl.col("order_id").is_not_null()).sort("attempted_at", "payment_id", nulls_last=True)
    ordered = ordered.with_columns(place=pl.int_range(pl.len()).over("order_id"))
    failures = ordered.filter(~pl.col("is_approved"))
    first = failures.unique("order_id", keep="first", maintain_order=True).select(
        "order_id", "customer_id", first_failed_at="attempted_at",
        first_failure_reason="failure_reason", first_payment_method="payment_method",
        first_gateway="gateway", attempted_amount="amount", first_place="place",
    )  # fmt: skip
    paid = ordered.filter("is_approved").group_by("order_id").agg(paid_place=pl.col("place").min())
    first = first.join(paid, on="order_id", how="left")
    first = first.filter(pl.col("paid_place").is_null() | (pl.col("paid_place") > pl.col("first_place")))
    first = first.drop("paid_place")
    failed = failures.group_by("order_id").agg(failed_count=pl.len().cast(pl.Int64))
    later = ordered.join(first, on="order_id", suffix="_first").filter(pl.col("place") > pl.col("first_place"))
    approved = pl.col("is_approved")
    after = later.group_by("order_id").agg(
        later_attempt_count=pl.len().cast(pl.Int64),
        is_method_switched=pl.col("payment_method").ne_missing(pl.col("first_payment_method")).any(),
        is_gateway_switched=pl.col("gateway").ne_missing(pl.col("first_gateway")).any(),
        is_recovered=approved.any(),
        recovered_at=pl.col("attempted_at").sort_by("place").filter(approved.sort_by("place")).first(),
        recovering=pl.col("amount").sort_by("place").filter(approved.sort_by("place")).first(),
    )
    table = first.join(failed, on="order_id").join(after, on="order_id", how="left")
    flags = ("is_method_switched", "is_gateway_switched", "is_recovered")
    table = table.with_columns(pl.col("later_attempt_count").fill_null(0), pl.col(*flags).fill_null(False))
    waited = (pl.col("recovered_at") - pl.col("first_failed_at")).dt.total_microseconds() / 1e6
    done = pl.col("is_recovered")
    window = pl.duration(microseconds=options.window)
    return table.with_columns(
        seconds_to_recover=waited,
        recovered_amount=pl.when(done).then("recovering").otherwise(0),
        lost_amount=pl.when(done).then(0).otherwise("attempted_amount"),
        is_mature=pl.col("first_failed_at") + window <= core.as_of,
    ).select(
        "order_id", "customer_id", "first_failed_at", "first_failure_reason",
        "first_payment_method", "first_gateway", "failed_count", "later_attempt_count",
        "is_method_switched", "is_gateway_switched", "is_recovered", "recovered_at",
        "seconds_to_recover", "attempted_amount", "recovered_amount", "lost_amount", "is_mature",
    )  # fmt: skip
