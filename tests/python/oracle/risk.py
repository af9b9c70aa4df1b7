"""Sessions and shoppers that do not behave like people: rapid, regular, in bursts."""

from __future__ import annotations

import numpy as np
import polars as pl

from oracle.core import Core
from oracle.options import SECOND, Options
from oracle.snapshots import count, rows
from oracle.statistics import ratio

MINUTE = 60 * SECOND
MEASURES = [
    "event_count", "gap_count", "rapid_event_count", "rapid_event_rate", "max_events_per_minute",
    "median_gap_seconds", "gap_variation",
]  # fmt: skip
VERDICTS = ["is_likely_bot", "is_impulsive", "risk_level", "risk_reasons"]


def event_gaps(core: Core, options: Options) -> pl.DataFrame:
    """Every event with the time since the one before it in its session, and how many the minute up to it holds."""
    events = (
        core.events.select("session_id", "event_at", "event_id", "event_type", "product_id")
        .sort("session_id", "event_at", "event_id")
        .with_columns(at=pl.col("event_at").cast(pl.Int64))
        .with_columns(number=pl.col("session_id").rle_id().cast(pl.Int64))
    )
    is_later = (pl.col("number") == pl.col("number").shift()).fill_null(False)
    gap = pl.when(is_later).then(pl.col("at").diff())
    repeats = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in ("event_type", "product_id"))
    events = events.with_columns(gap=gap, repeats=repeats)
    is_double_click = pl.col("repeats") & (pl.col("gap") <= round(options.double_click_seconds * SECOND))
    is_rapid = (pl.col("gap") < round(options.rapid_event_seconds * SECOND)) & ~is_double_click
    in_minute = _counts_in_minute(events["at"].to_numpy(), events["number"].to_numpy())
    return events.with_columns(is_rapid=is_rapid.fill_null(False), in_minute=pl.Series(in_minute, dtype=pl.Int64))


def _counts_in_minute(at: np.ndarray, session: np.ndarray) -> np.ndarray:
    """How many events of its session the minute up to each event holds: (t - 60 s, t], peers included."""
    starts = np.flatnonzero(np.diff(session, prepend=-1))
    ends = np.append(starts[1:], len(at))
    found = np.empty(len(at), dtype=np.int64)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=False):
        times = at[start:end]
        before = np.searchsorted(times, times - MINUTE, side="right")
        found[start:end] = np.searchsorted(times, times, side="right") - before
    return found


def _measures(gaps: pl.DataFrame, key: str) -> pl.DataFrame:
    """The figures of what `key` names."""
    gap = pl.col("gap").cast(pl.Float64)
    mean = gap.mean()
    table = gaps.group_by(key).agg(
        event_count=rows(),
        gap_count=pl.col("gap").count().cast(pl.Int64),
        rapid_event_count=count(pl.col("is_rapid")),
        max_events_per_minute=pl.col("in_minute").max(),
        median_gap_seconds=gap.median() / SECOND,
        gap_variation=pl.when(mean > 0).then(gap.std(ddof=0) / mean),
    )
    return table.with_columns(rapid_event_rate=ratio("rapid_event_count", "gap_count"))


def verdicts(table: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Bot, impulsive or neither, and why."""
    rate, variation = pl.col("rapid_event_rate"), pl.col("gap_variation")
    is_judged = pl.col("gap_count") >= options.risk_min_gaps
    is_regular = is_judged & (variation <= options.bot_gap_variation).fill_null(False)
    is_rapid = is_judged & (rate >= options.impulsive_rapid_rate).fill_null(False)
    is_burst = pl.col("max_events_per_minute") >= options.burst_events_per_minute
    is_bot = is_regular & (rate >= options.bot_rapid_rate).fill_null(False)
    named = {"rapid_events": is_rapid, "regular_gaps": is_regular, "burst": is_burst}
    reasons = [pl.when(test).then(pl.lit(name)) for name, test in named.items()]
    level = pl.when(is_bot).then(pl.lit("high")).when(is_rapid | is_burst).then(pl.lit("medium"))
    return table.with_columns(
        is_likely_bot=is_bot,
        is_impulsive=is_rapid & ~is_bot,
        risk_level=level.otherwise(pl.lit("low")),
        risk_reasons=pl.concat_str(reasons, separator=", ", ignore_nulls=True),
    )


def session_risk(core: Core, gaps: pl.DataFrame, options: Options) -> pl.DataFrame:
    """One row per session."""
    sessions = core.sessions.select("session_id", "visitor_id", "customer_id", "started_at", "started_on")
    table = verdicts(sessions.join(_measures(gaps, "session_id"), on="session_id"), options)
    return table.select(*sessions.columns, *MEASURES, *VERDICTS)


def customer_risk(sessions: pl.DataFrame, gaps: pl.DataFrame, options: Options) -> pl.DataFrame:
    """One row per shopper, over all gaps of all of the shopper's sessions; `sessions` is session_risk."""
    owned = sessions.with_columns(shopper_id=pl.coalesce("customer_id", "visitor_id"))
    pooled = _measures(gaps.join(owned.select("session_id", "shopper_id"), on="session_id"), "shopper_id")
    counts = owned.group_by("shopper_id").agg(
        customer_id=pl.col("customer_id").max(),
        visitor_count=pl.col("visitor_id").n_unique().cast(pl.Int64),
        session_count=rows(),
        bot_session_count=count(pl.col("is_likely_bot")),
        impulsive_session_count=count(pl.col("is_impulsive")),
    )
    table = verdicts(counts.join(pooled, on="shopper_id"), options)
    return table.select(
        "shopper_id", "customer_id", "visitor_count", "session_count", *MEASURES, "bot_session_count",
        "impulsive_session_count", *VERDICTS,
    )  # fmt: skip
