"""Plants faults into frames that are about to land."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from footfall.generator.marks import (
    FAULT_NAMES,
    FAULTS,
    FIRST_FAULT,
    PLAIN,
    ROW_KEYS,
    mark_of,
)
from footfall.generator.people import ORPHAN_SPACE, People
from footfall.generator.records import IsoText, visitor_ids
from footfall.generator.settings import DAY, Settings

EVENT_RATE = 0.0004
ENTITY_RATE = 0.001
DEFAULT_RATES = {
    name: (ENTITY_RATE if name in ("newer_version", "signup_after_last_event", "order_before_signup") else EVENT_RATE)
    for name in FAULT_NAMES
}
PREFIXES = {
    "clickstream": "e",
    "cart_events": "e",
    "payment_attempts": "p",
    "customers": "c",
    "products": "x",
    "orders": "o",
    "order_items": "i",
    "reviews": "r",
}
TIME_COLUMNS = {
    "clickstream": "event_at",
    "cart_events": "event_at",
    "payment_attempts": "attempted_at",
    "customers": "signed_up_at",
    "orders": "ordered_at",
    "reviews": "reviewed_at",
}
AMOUNT_COLUMNS = {
    "cart_events": "unit_price",
    "payment_attempts": "amount",
    "orders": "order_amount",
    "order_items": "amount",
}
PLANTED_ELSEWHERE = ("newer_version", "signup_after_last_event")
CUSTOMER_ORDER_FAULTS = ("orphan_customer", "order_before_signup")
ISO_FORMAT = "%Y-%m-%dT%H:%M:%S%.fZ"

Change = Callable[["FaultPlanter", pl.DataFrame, str], pl.DataFrame]


def parse_faults(text: str) -> dict[str, float]:
    """`none`, `default` or `name=rate,name=rate` as rates by name; ValueError says what is wrong.

    Named faults replace the defaults.
    """
    if text == "none":
        return {}
    if text == "default":
        return dict(DEFAULT_RATES)
    rates: dict[str, float] = {}
    for part in text.split(","):
        name, _, rate = (piece.strip() for piece in part.partition("="))
        if name not in FAULT_NAMES:
            raise ValueError(f"unknown fault '{name}': use none, default or {', '.join(FAULT_NAMES)}")
        try:
            rates[name] = float(rate) if rate else DEFAULT_RATES[name]
        except ValueError:
            raise ValueError(f"the rate of {name} is no number: '{rate}', write {name}=0.001") from None
        if not 0 <= rates[name] <= 0.5:
            raise ValueError(f"the rate of {name} must lie between 0 and 0.5, it is {rate}")
    return rates


class FaultPlanter:
    """Adds bad rows to the frames of one chunk (or rewrites some good ones).

    Faults that lead to refusal are copies of good rows under fresh ids, so that everything the
    truth says about good rows stays true. Each stream gets at least one row of each of its faults.
    """

    def __init__(self, settings: Settings, iso: IsoText, people: People, number: int) -> None:
        self.settings = settings
        self.iso = iso
        self.people = people
        self.number = number
        self._next = 9_000_000_000_000 + number * 10_000_000
        self._visitors = 0

    def fresh(self, prefix: str, count: int) -> pl.Series:
        """So many ids that no good row has."""
        numbers = pl.Series(np.arange(self._next, self._next + count))
        self._next += count
        return pl.select(pl.lit(prefix) + numbers.cast(pl.String)).to_series()

    def fresh_visitors(self, count: int) -> pl.Series:
        """So many visitor ids that no other visitor has."""
        key = ORPHAN_SPACE + self.number * 1_000_000 + self._visitors + np.arange(count)
        self._visitors += count
        return visitor_ids(key)

    def plant(self, frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """The frames by stream with the faults of their tables planted."""
        if not self.settings.faults:
            return frames
        planted = {stream: self._plant_one(stream, frame) for stream, frame in frames.items()}
        if "orders/orders.parquet" in frames:
            self._copy_orders(frames, planted)
        return planted

    def _plant_one(self, stream: str, frame: pl.DataFrame) -> pl.DataFrame:
        table, file_name = stream.split("/")
        rng = self.settings.rng(f"faults/{stream}", self.number)
        added: list[pl.DataFrame] = []
        rewritten = np.zeros(frame.height, bool)
        for position, fault in enumerate(FAULTS):
            rate = self.settings.faults.get(fault.name, 0.0)
            if fault.table != table or rate <= 0 or _is_planted_elsewhere(fault.name, table):
                continue
            if fault.name == "malformed_json_line" and not file_name.endswith("jsonl"):
                continue
            good = _candidates(fault.name, table, frame) & ~rewritten
            rows = _sample(rng, good, rate)
            if rows.size == 0:
                continue
            bad = CHANGES[fault.name](self, frame[rows], fault.reason)
            mark = pl.lit(FIRST_FAULT + position, pl.UInt8)
            added.append(bad.with_columns(_mark=mark).select(frame.columns))
            if not fault.is_extra:
                rewritten[rows] = True
        if rewritten.any():
            frame = frame.filter(pl.Series(~rewritten))
        return pl.concat([frame, *added])

    def _copy_orders(self, frames: dict[str, pl.DataFrame], planted: dict[str, pl.DataFrame]) -> None:
        """Copies of whole orders (with items) for an unknown customer or before the sign-up."""
        orders, items = frames["orders/orders.parquet"], frames["order_items/order_items.parquet"]
        for name in CUSTOMER_ORDER_FAULTS:
            rate = self.settings.faults.get(name, 0.0)
            signup_day = self.people.signup_day[_person(orders["customer_id"])]
            good = (orders["status"] == "paid").to_numpy()
            if name == "order_before_signup":
                good &= signup_day >= 3
            rng = self.settings.rng(f"faults/{name}", self.number)
            rows = _sample(rng, good, rate)
            if rows.size == 0:
                continue
            base = orders[rows]
            fresh = self.fresh("o", rows.size)
            copies = base.with_columns(order_id=fresh, _mark=pl.lit(mark_of(name, "orders"), pl.UInt8))
            if name == "orphan_customer":
                copies = copies.with_columns(customer_id=self.fresh("c", rows.size))
            else:
                at = (signup_day[rows].astype(np.int64) - 2) * DAY + rng.integers(0, DAY, rows.size)
                copies = copies.with_columns(ordered_at=self.iso(at))
            renamed = base.select("order_id", new_id=fresh)
            item_mark = pl.lit(mark_of(name, "order_items"), pl.UInt8)
            copied_items = items.join(renamed, on="order_id", maintain_order="left").with_columns(
                order_item_id=pl.concat_str(
                    "new_id", pl.col("order_item_id").str.split("-").list.last(), separator="-"
                ),
                order_id="new_id",
                _mark=item_mark,
            )
            for stream, more in (
                ("orders/orders.parquet", copies),
                ("order_items/order_items.parquet", copied_items.drop("new_id")),
            ):
                planted[stream] = pl.concat([planted[stream], more.select(planted[stream].columns)])


def _is_planted_elsewhere(name: str, table: str) -> bool:
    if name in PLANTED_ELSEWHERE:
        return True
    return name in CUSTOMER_ORDER_FAULTS and table != "clickstream"


def _candidates(name: str, table: str, frame: pl.DataFrame) -> np.ndarray:
    """Which rows the fault may be made of (mask)."""
    good = frame["_mark"].to_numpy() == PLAIN
    if table == "clickstream":
        if name in ("unknown_product", "orphan_customer"):
            good &= (frame["event_name"] == "view_item").to_numpy()
        if name == "unknown_event_name":
            good &= (frame["event_name"] == "page_view").to_numpy()
    if name == "category_spelling":
        good &= frame["category"].str.contains("&", literal=True).to_numpy()
    return good


def _sample(rng: np.random.Generator, good: np.ndarray, rate: float) -> np.ndarray:
    """Positions of the rows to use: the rate of all rows, one at least, none at rate 0."""
    rows = np.flatnonzero(good)
    if rate <= 0 or rows.size == 0:
        return np.empty(0, np.int64)
    count = min(rows.size, max(1, round(rate * good.size)))
    return np.sort(rng.choice(rows, count, replace=False))


def _person(customer_id: pl.Series) -> np.ndarray:
    return customer_id.str.slice(1).cast(pl.Int64).to_numpy() - 100_000


def _with_fresh_key(planter: FaultPlanter, rows: pl.DataFrame, table: str) -> pl.DataFrame:
    fresh = planter.fresh(PREFIXES[table], rows.height)
    return rows.with_columns(fresh.alias(ROW_KEYS[table]))


def _table(rows: pl.DataFrame) -> str:
    key = rows.columns[0]
    if key == "event_id":
        return "cart_events" if "quantity" in rows.columns else "clickstream"
    return next(table for table, name in ROW_KEYS.items() if name == key)


def _missing_id(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    rows = _with_fresh_key(planter, rows, _table(rows))
    column = reason.removeprefix("missing_")
    if column == "visitor_id":
        return rows.with_columns(visitor_id=pl.lit(None, pl.String), customer_id=pl.lit("", pl.String))
    if column == "event_id":
        column = rows.columns[0]
    # empty text counts as missing, so half of them are empty
    empty = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit(None, pl.String)).otherwise(pl.lit("  "))
    return rows.with_columns(empty.alias(column))


def _missing_timestamp(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    rows = _with_fresh_key(planter, rows, _table(rows))
    return rows.with_columns(pl.lit(None, pl.String).alias(TIME_COLUMNS[_table(rows)]))


def _unparseable_timestamp(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    rows = _with_fresh_key(planter, rows, _table(rows))
    column = TIME_COLUMNS[_table(rows)]
    impossible = pl.col(column).str.slice(0, 5) + pl.lit("13-45T99:00:00Z")
    words = pl.when(pl.int_range(pl.len()) % 2 == 0).then(impossible).otherwise(pl.lit("yesterday"))
    return rows.with_columns(words.alias(column))


def _future_timestamp(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    rows = _with_fresh_key(planter, rows, _table(rows))
    column = TIME_COLUMNS[_table(rows)]
    return rows.with_columns((pl.lit("2099-01-15") + pl.col(column).str.slice(10)).alias(column))


def _negative_amount(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    table = _table(rows)
    rows = _with_fresh_key(planter, rows, table)
    column = AMOUNT_COLUMNS.get(table, reason.removeprefix("negative_"))
    return rows.with_columns((-pl.col(column)).cast(rows.schema[column]).alias(column))


def _nonpositive_quantity(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    rows = _with_fresh_key(planter, rows, _table(rows))
    quantity = -(pl.int_range(pl.len()) % 2)
    return rows.with_columns(quantity=quantity.cast(pl.Int64))


def _unknown_result(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    return _with_fresh_key(planter, rows, _table(rows)).with_columns(result=pl.lit("maybe"))


def _score_out_of_range(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    score = pl.when(pl.int_range(pl.len()) % 2 == 0).then(0).otherwise(7).cast(pl.Int32)
    return _with_fresh_key(planter, rows, _table(rows)).with_columns(score=score)


def _other_offset(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    """The same instant, written with another offset."""
    column = TIME_COLUMNS[_table(rows)]
    moment = pl.col(column).str.to_datetime(ISO_FORMAT, time_unit="us")
    written = pl.lit(None, pl.String)
    for turn, (minutes, suffix) in enumerate(((330, "+05:30"), (-180, "-03:00"), (120, "+02:00"))):
        shifted = moment + pl.duration(minutes=minutes)
        text = shifted.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f") + pl.lit(suffix)
        written = pl.when(pl.int_range(pl.len()) % 3 == turn).then(text).otherwise(written)
    return rows.with_columns(written.alias(column))


def _category_spelling(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    turn = pl.int_range(pl.len()) % 3
    upper = pl.lit("  ") + pl.col("category").str.to_uppercase() + pl.lit(" ")
    words = pl.col("category").str.to_lowercase().str.replace(" & ", " and ", literal=True)
    lines = pl.col("category").str.replace_all(" ", "_", literal=True)
    spelled = pl.when(turn == 0).then(upper).when(turn == 1).then(words).otherwise(lines)
    return rows.with_columns(category=spelled)


def _unknown_product(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    unknown = pl.concat_str(pl.lit("9"), (pl.int_range(pl.len()) % 7 + 90).cast(pl.String))
    rows = rows.with_columns(product_id=unknown)
    if _table(rows) == "order_items":
        return rows
    path = pl.lit("/p/") + pl.col("product_id")
    return _with_fresh_key(planter, rows, _table(rows)).with_columns(page_path=path)


def _orphan_customer(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    """A customer who never lands, on a device of their own: one event, one session."""
    rows = _with_fresh_key(planter, rows, _table(rows))
    return rows.with_columns(
        visitor_id=planter.fresh_visitors(rows.height),
        customer_id=planter.fresh("c", rows.height),
        _visit=pl.lit(-1, rows.schema["_visit"]),
    )


def _orphan_order(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    order_id = planter.fresh("o", rows.height)
    return _with_fresh_key(planter, rows, _table(rows)).with_columns(order_id=order_id)


def _unknown_event_name(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    turn = pl.int_range(pl.len()) % 2
    name = pl.when(turn == 0).then(pl.lit("scroll_depth")).otherwise(pl.lit("video_play"))
    return _with_fresh_key(planter, rows, _table(rows)).with_columns(event_name=name)


def _exact_duplicate(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    return rows


def _conflicting_duplicate(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    """The same id with content that comes later in the order of contents, so it loses."""
    table = _table(rows)
    if table == "cart_events":
        return rows.with_columns(quantity=pl.col("quantity") + 1)
    if table == "payment_attempts":
        return rows.with_columns(amount=pl.col("amount") + 1.0)
    return rows.with_columns(country=pl.lit("ZZ"))


def _malformed(planter: FaultPlanter, rows: pl.DataFrame, reason: str) -> pl.DataFrame:
    """Only a fresh id here: the line itself is broken when it is written."""
    return _with_fresh_key(planter, rows, _table(rows))


CHANGES: dict[str, Change] = {
    "malformed_json_line": _malformed,
    "missing_id": _missing_id,
    "missing_timestamp": _missing_timestamp,
    "unparseable_timestamp": _unparseable_timestamp,
    "future_timestamp": _future_timestamp,
    "negative_amount": _negative_amount,
    "nonpositive_quantity": _nonpositive_quantity,
    "unknown_payment_result": _unknown_result,
    "score_out_of_range": _score_out_of_range,
    "other_timezone_offset": _other_offset,
    "category_spelling": _category_spelling,
    "unknown_product": _unknown_product,
    "orphan_customer": _orphan_customer,
    "orphan_order": _orphan_order,
    "unknown_event_name": _unknown_event_name,
    "exact_duplicate": _exact_duplicate,
    "conflicting_duplicate": _conflicting_duplicate,
}
