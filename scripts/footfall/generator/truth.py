"""What was planted, as it should come out over the accepted rows.

Everything lands below `<out>/_truth/storefront`, which no landing glob matches.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from footfall.generator import behaviour as kinds
from footfall.generator.catalogue import ANCHOR_ID, Catalogue
from footfall.generator.landing import without_borrowed_text
from footfall.generator.marks import (
    DUPLICATE,
    FAULTS,
    FIRST_FAULT,
    PLAIN,
    SUPERSEDED,
    fate_of,
)
from footfall.generator.payments import INCIDENT_VERSION
from footfall.generator.people import BOT_SPACE, DEVICES, People
from footfall.generator.pools import APP_VERSIONS
from footfall.generator.records import (
    Chunk,
    customer_ids,
    event_numbers,
    visitor_ids,
)
from footfall.generator.settings import DAY, DAY_BEGINS, GATEWAYS, Settings
from footfall.generator.visits import BOT, HUMAN, Plan, season

EVENT_TYPES = {
    kinds.PAGE_HOME: "page_view",
    kinds.PAGE_CATEGORY: "page_view",
    kinds.PAGE_CART: "page_view",
    kinds.VIEW: "product_view",
    kinds.SEARCH: "search",
    kinds.LOGIN: "login",
    kinds.SIGNED_UP: "signup",
    kinds.CHECKOUT: "checkout_started",
    kinds.PURCHASE: "order_placed",
    kinds.CART_ADD: "add_to_cart",
    kinds.CART_REMOVE: "remove_from_cart",
    kinds.PAYMENT: "payment_attempted",
}
RAW_EVENT_TYPES = {"page_view": "page_view", "view_item": "product_view"}
FUNNELS = {
    "payment": ("product_view", "add_to_cart", "payment_attempted", "payment_attempted/approved"),
    "checkout": ("page_view", "add_to_cart", "checkout_started", "order_placed"),
    "category": ("product_view", "order_placed"),
}


class Truth:
    """Collects the truth chunk by chunk. Only the per-event files grow with the events."""

    def __init__(self, settings: Settings, people: People, folder: Path) -> None:
        self.settings = settings
        self.people = people
        self.folder = folder
        self.event_counts: dict[str, int] = {}
        self.orphans: list[pl.DataFrame] = []
        self._seen = np.zeros(people.count * DEVICES, bool)
        self._shared_runs: list[pl.DataFrame] = []
        self.base_events = 0
        self._waiting: list[tuple[Path, pl.DataFrame]] = []

    def observe(self, chunk: Chunk, frames: dict[str, pl.DataFrame]) -> None:
        """Take note of a chunk; `frames` are its event streams after the faults."""
        activity = chunk.activity
        counts = np.bincount(activity.kind[activity.kind < kinds.DROPPED], minlength=12)
        for kind, event_type in EVENT_TYPES.items():
            self._count(event_type, int(counts[kind]))
        payment = activity.line[activity.kind == kinds.PAYMENT]
        self._count("payment_attempted/approved", int(activity.attempts.is_approved[payment].sum()))
        self.base_events += int(counts.sum())
        extras = _accepted_extras(frames)
        for name, count in extras.group_by("event_name").len().iter_rows():
            self._count(RAW_EVENT_TYPES.get(name, "other"), count)
        self._note_identities(chunk)
        orphans = extras.filter(pl.col("_visit") < 0)
        kept = orphans.select("event_id", "event_at", "visitor_id", "customer_id")
        self.orphans.append(without_borrowed_text(kept))
        if self.settings.truth:
            self._write_sessions(chunk, extras)

    def _count(self, event_type: str, count: int) -> None:
        self.event_counts[event_type] = self.event_counts.get(event_type, 0) + count

    def _note_identities(self, chunk: Chunk) -> None:
        """Devices on which somebody was known; on shared ones, who from when."""
        activity, visits = chunk.activity, chunk.activity.visits
        position = activity.login_at
        known = activity.kept & (position < activity.size) & (visits.kind == HUMAN)
        rows = np.flatnonzero(known)
        keys = visits.key[rows]
        self._seen[keys] = True
        shared = self.people.is_lender[keys // DEVICES] & (keys % DEVICES == 0)
        rows = rows[shared]
        event = activity.first[rows] + position[rows]
        frame = pl.DataFrame({"key": visits.key[rows], "person": visits.person[rows], "at": activity.at[event]})
        self._shared_runs.append(_run_starts(frame))

    def _write_sessions(self, chunk: Chunk, extras: pl.DataFrame) -> None:
        activity, visits = chunk.activity, chunk.activity.visits
        first_at = visits.start
        sessions = pl.DataFrame(
            {
                "visit_id": chunk.number * 100_000_000 + np.arange(visits.count),
                "visitor_id": chunk.context["visitor_id"],
                "person_id": chunk.context["customer_id"],
                "started_at": _moment(self.settings, first_at),
                "ended_at": _moment(self.settings, first_at + activity.duration),
                "event_count": activity.size.astype(np.int64)
                + np.bincount(
                    extras.filter(pl.col("_visit") >= 0)["_visit"].to_numpy(),
                    minlength=visits.count,
                ),
                "is_bot": visits.kind == BOT,
                "is_impulsive": visits.impulsive,
            }
        )
        rows = np.flatnonzero(activity.kind != kinds.DROPPED)
        is_payment = activity.kind[rows] == kinds.PAYMENT
        number = event_numbers(chunk, rows)
        events = pl.DataFrame({"number": number, "is_payment": is_payment}).select(
            event_id=pl.when("is_payment").then(pl.lit("p")).otherwise(pl.lit("e")) + pl.col("number").cast(pl.String)
        )
        inside = extras.filter(pl.col("_visit") >= 0)
        visit = np.concatenate([activity.visit[rows], inside["_visit"].to_numpy()])
        event_ids = pl.concat([events["event_id"], inside["event_id"]])
        own = _orphan_sessions(chunk.number, visits.count, extras.filter(pl.col("_visit") < 0))
        kept_sessions = pl.concat([sessions.filter(pl.Series(activity.kept)), own.drop("event_id")])
        shared = ["visit_id", "visitor_id", "started_at", "ended_at"]
        of_events = sessions.select(shared)[visit].insert_column(0, event_ids.alias("event_id"))
        of_events = pl.concat([of_events, own.select("event_id", *shared)])
        part = f"part-{chunk.number:05d}.parquet"
        self._waiting.append((self.folder / "sessions" / part, kept_sessions))
        self._waiting.append((self.folder / "event_sessions" / part, of_events))

    def take_parts(self) -> list[tuple[Path, pl.DataFrame]]:
        """The per-event files that wait to be written; then forgotten."""
        parts, self._waiting = self._waiting, []
        return parts

    def write_parts(self, parts: list[tuple[Path, pl.DataFrame]]) -> None:
        """Write what `take_parts` gave."""
        for path, frame in parts:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write_frame(path, frame)

    def _write_frame(self, path: Path, frame: pl.DataFrame) -> None:
        frame.rechunk().write_parquet(path, compression="zstd", compression_level=1)

    def write(
        self,
        catalogue: Catalogue,
        plan: Plan,
        faults: pl.DataFrame,
        reconciliation: pl.DataFrame,
    ) -> None:
        """Write all small files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files = {
            "faults": faults,
            "reconciliation": reconciliation,
            "event_counts": self._event_counts(),
            "funnel_counts": self._funnel_counts(),
            "bots": self._bots(plan),
            "impulsive_buyers": self._impulsive(),
            "identities": self._identities(),
            "failing_slice": self._failing_slice(),
            "cross_sell_pairs": _cross_sell_pairs(catalogue),
            "complements": _complements(catalogue),
            "customers": self._customers(catalogue, plan),
        }
        for name, frame in files.items():
            self._write_frame(self.folder / f"{name}.parquet", frame)

    def _event_counts(self) -> pl.DataFrame:
        rows = sorted(self.event_counts.items())
        return pl.DataFrame(
            {
                "event_type": [name.split("/")[0] for name, _ in rows],
                "outcome": [name.split("/")[1] if "/" in name else "" for name, _ in rows],
                "event_count": [count for _, count in rows],
            }
        )

    def _funnel_counts(self) -> pl.DataFrame:
        rows = [
            (self.settings.scenario.name, funnel, number, step, self.event_counts.get(step, 0))
            for funnel, steps in FUNNELS.items()
            for number, step in enumerate(steps, start=1)
        ]
        columns = ["scenario", "funnel", "step_number", "step", "event_count"]
        return pl.DataFrame(rows, schema=columns, orient="row")

    def _bots(self, plan: Plan) -> pl.DataFrame:
        return pl.DataFrame({"visitor_id": visitor_ids(BOT_SPACE + np.arange(plan.bot_count))})

    def _impulsive(self) -> pl.DataFrame:
        return pl.DataFrame({"customer_id": customer_ids(np.flatnonzero(self.people.impulsive))})

    def _identities(self) -> pl.DataFrame:
        """Who a device belonged to from when to when (null: ever); `to_at` is exclusive."""
        keys = np.flatnonzero(self._seen)
        shared = self.people.is_lender[keys // DEVICES] & (keys % DEVICES == 0)
        alone = pl.DataFrame({"key": keys[~shared], "person": keys[~shared] // DEVICES})
        runs = _run_starts(pl.concat(self._shared_runs)) if self._shared_runs else None
        nothing = pl.lit(None, pl.Int64)
        intervals = alone.with_columns(from_at=nothing, to_at=nothing)
        if runs is not None and runs.height:
            previous, following = pl.col("at").shift(1).over("key"), pl.col("at").shift(-1)
            runs = runs.select(
                "key",
                "person",
                from_at=pl.when(previous.is_not_null()).then("at"),
                to_at=following.over("key"),
            )
            intervals = pl.concat([intervals, runs])
        result = intervals.select(
            visitor_id=visitor_ids(intervals["key"].to_numpy()),
            customer_id=customer_ids(intervals["person"].to_numpy()),
            from_at=_moment(self.settings, intervals["from_at"]),
            to_at=_moment(self.settings, intervals["to_at"]),
        )
        orphans = [
            frame.select(
                "visitor_id",
                "customer_id",
                from_at=pl.lit(None, pl.Datetime("us")),
                to_at=pl.lit(None, pl.Datetime("us")),
            )
            for frame in self.orphans
        ]
        return pl.concat([result, *orphans])

    def _failing_slice(self) -> pl.DataFrame:
        """The planted cause; null means that it holds for all values or for ever."""
        scenario = self.settings.scenario
        first, last = self.settings.incident_days
        is_planted = scenario.failing_gateway is not None
        begins = np.array([first * DAY + DAY_BEGINS if scenario.has_window else 0])
        ends = np.array([(last + 1) * DAY + (DAY_BEGINS if scenario.has_window else 0)])
        frame = pl.DataFrame(
            {
                "scenario": [scenario.name],
                "gateway": [GATEWAYS[scenario.failing_gateway or 0]],
                "app_version": [APP_VERSIONS[INCIDENT_VERSION] if scenario.has_window else None],
                "from_on": [self.settings.date_of(first)],
                "to_on": [self.settings.date_of(last)],
                "from_at": _moment(self.settings, begins),
                "to_at": _moment(self.settings, ends),
                "failure_rate": [scenario.failing_rate],
            },
            schema_overrides={"app_version": pl.String, "failure_rate": pl.Float64},
        )
        return frame if is_planted else frame.clear()

    def _customers(self, catalogue: Catalogue, plan: Plan) -> pl.DataFrame:
        people, settings = self.people, self.settings
        person = np.arange(people.count)
        names = catalogue.frame.unique("category_code").sort("category_code")["category"]
        mean_season = float(season(settings).mean())
        start = np.datetime64(settings.start, "D")
        return pl.DataFrame(
            {
                "customer_id": customer_ids(person),
                "visit_rate": people.visit_rate.astype(np.float64) * plan.customer_scale * mean_season,
                "dropout_hazard": people.hazard.astype(np.float64),
                "signed_up_on": pl.Series(start + people.signup_day.astype(np.int64)),
                "first_visit_day_on": pl.Series(start + people.first_day.astype(np.int64)),
                "dropped_out_on": pl.Series(start + people.last_day.astype(np.int64)),
                "is_impulsive": people.impulsive,
                "price_taste": people.taste.astype(np.float64),
                "buy_factor": people.buy_factor.astype(np.float64),
                "favourite_category": names.gather(people.favourite.astype(np.int64)),
                "device_count": people.device_count.astype(np.int64),
                "shares_device_of": customer_ids(people.shares_with),
            }
        )


def reconciliation(settings: Settings, counts: list[tuple[str, int, int, int]]) -> pl.DataFrame:
    """Landed rows per table and day, and what should become of them."""
    schema = {"table": pl.String, "day": pl.Int64, "mark": pl.Int64, "count": pl.Int64}
    frame = pl.DataFrame(counts, schema=schema, orient="row")
    marks = [PLAIN, DUPLICATE, SUPERSEDED, *range(FIRST_FAULT, FIRST_FAULT + len(FAULTS))]
    fates = {mark: fate_of(mark) for mark in marks}
    fate = pl.col("mark").replace_strict(fates, return_dtype=pl.String, default=None)
    names = ("accepted", "quarantined", "duplicate", "superseded")
    sums = [pl.col("count").filter(fate == name).sum().alias(f"{name}_count") for name in names]
    return (
        frame.group_by("table", "day")
        .agg(pl.col("count").sum().alias("landed_count"), *sums)
        .sort("table", "day")
        .with_columns(
            landed_on=pl.lit(settings.start) + pl.duration(days=pl.col("day")),
        )
        .select(
            "table",
            "landed_on",
            "landed_count",
            *(f"{name}_count" for name in names),
        )
    )


def _accepted_extras(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Rows of the event logs that were added as faults and are good events all the same."""
    marks = [
        FIRST_FAULT + position for position, fault in enumerate(FAULTS) if fault.fate == "accepted" and fault.is_extra
    ]
    columns = ["event_id", "event_at", "visitor_id", "customer_id", "event_name", "_visit"]
    return pl.concat(
        frame.filter(pl.col("_mark").is_in(marks)).select(columns)
        for stream, frame in frames.items()
        if stream.startswith("clickstream")
    )


def _orphan_sessions(number: int, first: int, orphans: pl.DataFrame) -> pl.DataFrame:
    moment = pl.col("event_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
    return orphans.select(
        visit_id=number * 100_000_000 + first + pl.int_range(pl.len()),
        visitor_id="visitor_id",
        person_id="customer_id",
        started_at=moment,
        ended_at=moment,
        event_count=pl.lit(1, pl.Int64),
        is_bot=pl.lit(False),
        is_impulsive=pl.lit(False),
        event_id="event_id",
    )


def _run_starts(frame: pl.DataFrame) -> pl.DataFrame:
    """The first row of each run of one person on one device, in the order of time."""
    frame = frame.sort("key", "at")
    person, key = pl.col("person"), pl.col("key")
    starts = (person != person.shift(1)) | (key != key.shift(1))
    return frame.filter(starts.fill_null(True))


def _moment(settings: Settings, at: np.ndarray | pl.Series) -> pl.Series:
    start = int(np.datetime64(settings.start, "us").astype(np.int64))
    return (pl.Series(at) + start).cast(pl.Datetime("us"))


def _cross_sell_pairs(catalogue: Catalogue) -> pl.DataFrame:
    ids = catalogue.ids.gather(catalogue.pairs)
    return pl.DataFrame({"product_id": ids}).select(anchor_product_id=pl.lit(ANCHOR_ID), product_id="product_id")


def _complements(catalogue: Catalogue) -> pl.DataFrame:
    rows = np.flatnonzero(catalogue.complement >= 0)
    return pl.DataFrame(
        {
            "product_id": catalogue.ids.gather(rows),
            "paired_product_id": catalogue.ids.gather(catalogue.complement[rows]),
        }
    )
