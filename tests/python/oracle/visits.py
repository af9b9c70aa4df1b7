"""Who and when: the owner of a visitor's device at a moment, and the sessions of visitors."""

from __future__ import annotations

import polars as pl

from oracle.options import HOUR, Options
from oracle.values import md5

SESSION_COUNTS = {
    "page_view_count": pl.col("event_type") == "page_view",
    "product_view_count": pl.col("event_type") == "product_view",
    "search_count": pl.col("event_type") == "search",
    "add_to_cart_count": pl.col("event_type") == "add_to_cart",
    "remove_from_cart_count": pl.col("event_type") == "remove_from_cart",
    "checkout_count": pl.col("event_type") == "checkout_started",
    "payment_attempt_count": pl.col("event_type") == "payment_attempted",
    "approved_payment_count": (pl.col("event_type") == "payment_attempted") & (pl.col("outcome") == "approved"),
    "order_count": pl.col("event_type") == "order_placed",
}
SESSION_COLUMNS = [
    "session_id", "visitor_id", "customer_id", "started_at", "ended_at", "started_on",
    "island_started_at", "session_split_cause", "is_split_by_length", "duration_seconds",
    "event_count", *SESSION_COUNTS, "is_single_event", "entry_event_type", "exit_event_type",
    "device_type", "traffic_channel", "campaign", "country",
]  # fmt: skip


def owners(events: pl.DataFrame, points: pl.DataFrame) -> pl.Series:
    """The customer of each point (visitor_id, at): the last one named on that device up to then.

    What came before anybody was named belongs to the first one named. No runs or intervals are
    needed: the last event with a customer lies in the run that owns the moment.
    """
    named = (
        events.filter(pl.col("customer_id").is_not_null())
        .select("visitor_id", "event_at", "event_id", owner="customer_id")
        .sort("event_at", "event_id")
    )
    first = named.unique("visitor_id", keep="first", maintain_order=True)
    latest = named.unique(["visitor_id", "event_at"], keep="last", maintain_order=True)
    numbered = points.select("visitor_id", "at").with_row_index("row").sort("at")
    found = numbered.join_asof(
        latest.select("visitor_id", "owner", at="event_at").sort("at"),
        on="at",
        by="visitor_id",
        check_sortedness=False,
    ).join(first.select("visitor_id", first_owner="owner"), on="visitor_id", how="left")
    return found.sort("row").select(pl.coalesce("owner", "first_owner")).to_series()


def sessionize(events: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Every event with its session: differences and running sums over whole microseconds."""
    ordered = events.sort("visitor_id", "event_at", "event_id").with_columns(at=pl.col("event_at").cast(pl.Int64))
    timeout = options.session_timeout_minutes * 60_000_000
    is_first = pl.col("visitor_id").ne_missing(pl.col("visitor_id").shift())
    is_idle = pl.col("at").diff() > timeout
    ordered = ordered.with_columns(is_first=is_first, is_idle=~is_first & is_idle.fill_null(False))
    island = (pl.col("is_first") | pl.col("is_idle")).cast(pl.UInt32).cum_sum()
    ordered = ordered.with_columns(island=island)
    ordered = ordered.with_columns(island_start=pl.col("at").min().over("island"))
    offset = pl.col("at") - pl.col("island_start")
    longest = options.max_session_hours * HOUR
    ordered = ordered.with_columns(part=(offset - 1).clip(lower_bound=0) // longest)
    is_cut = (pl.col("island").diff().fill_null(0) == 0) & (pl.col("part").diff().fill_null(0) != 0)
    cause = (
        pl.when("is_first")
        .then(pl.lit("first_event"))
        .when("is_idle")
        .then(pl.lit("inactivity"))
        .when(is_cut)
        .then(pl.lit("max_length"))
    )
    ordered = ordered.with_columns(cause=cause)
    ordered = ordered.with_columns(number=pl.col("cause").is_not_null().cast(pl.UInt32).cum_sum())
    starts = ordered.group_by("number", maintain_order=True).agg(pl.col("visitor_id").first(), pl.col("at").first())
    ids = [md5(f"{who}|{at}") for who, at in zip(starts["visitor_id"], starts["at"], strict=True)]
    session_ids = starts.select("number", session_id=pl.Series(ids, dtype=pl.String))
    return ordered.join(session_ids, on="number", how="left", maintain_order="left")


def sessions(assigned: pl.DataFrame) -> pl.DataFrame:
    """One row per session, from events in the order that `sessionize` gives."""
    first, last = pl.first, pl.last
    table = assigned.group_by("session_id", maintain_order=True).agg(
        first("visitor_id"),
        pl.col("owner").last().alias("customer_id"),
        started_at=first("event_at"),
        ended_at=last("event_at"),
        island=first("island"),
        island_started_at=first("island_start").cast(pl.Datetime("us")),
        session_split_cause=first("cause"),
        event_count=pl.len().cast(pl.Int64),
        entry_event_type=first("event_type"),
        exit_event_type=last("event_type"),
        device_type=first("device_type"),
        traffic_channel=first("traffic_channel"),
        campaign=first("campaign"),
        country=first("country"),
        **{name: test.sum().cast(pl.Int64) for name, test in SESSION_COUNTS.items()},
    )
    seconds = (pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / 1e6
    return table.with_columns(
        started_on=pl.col("started_at").dt.date(),
        duration_seconds=seconds,
        is_single_event=pl.col("event_count") == 1,
        is_split_by_length=pl.len().over("island") > 1,
    ).select(SESSION_COLUMNS)
