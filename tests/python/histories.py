"""Small random shops on paper, made to hurt: what visitors did, and in which batch each row of it arrives.

Histories share nothing but a few products, so that hundreds of them go through one build.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from footfall.contract import landed_tables

START = datetime(2025, 1, 3, 9, tzinfo=UTC)
TIMEOUT = timedelta(minutes=30)
TICK = timedelta(microseconds=1)
# Around every edge of a rule on time: the same instant, double clicks, the timeout, the funnel's window, months.
GAPS = [
    timedelta(0), TICK, timedelta(seconds=1), timedelta(seconds=20), TIMEOUT - TICK, TIMEOUT, TIMEOUT + TICK,
    timedelta(minutes=30, seconds=59), timedelta(hours=3), timedelta(hours=24), timedelta(hours=24) + TICK,
    timedelta(days=3), timedelta(days=19), timedelta(days=33),
]  # fmt: skip
NAMES = ["page_view", "view_item", "view_item", "search", "begin_checkout", "purchase", "login", "mystery"]
CATEGORIES = ["Tea", "Pots", None]
DAYS = 100

Row = dict[str, str | None]


@dataclass
class Arrivals:
    """Rows by batch and landed table, in the order in which they were thought of."""

    batches: int
    rows: dict[tuple[int, str], list[Row]] = field(default_factory=dict)

    def add(self, batch: int, table: str, row: Row) -> None:
        """One row more in a batch; batches outside the range go to the nearest."""
        self.rows.setdefault((max(0, min(self.batches - 1, batch)), table), []).append(dict(row))


def invent(count: int, batches: int, seed: int) -> Arrivals:
    """`count` histories whose rows arrive in `batches` batches: mostly in the order of time, some late, some again."""
    dice = random.Random(seed)
    arrivals = Arrivals(batches)
    for number in range(6):
        _add_product(arrivals, dice, f"p{number}")
    for number in range(count):
        _History(f"h{number}", dice, arrivals).happen()
    return arrivals


def land(arrivals: Arrivals, batch: int, folder: Path, seed: int) -> list[Path]:
    """Writes the files of one batch below `folder`, a day's folder per table; every second clickstream as JSON lines."""
    dice = random.Random(f"{seed}-{batch}")
    day = (START + timedelta(days=DAYS + batch)).date().isoformat()
    written = []
    for table in landed_tables("storefront", str(folder)):
        rows = list(arrivals.rows.get((batch, table.name), []))
        if not rows and batch > 0:
            continue
        dice.shuffle(rows)
        cut = dice.randint(0, len(rows))
        for part, some in enumerate((rows[:cut], rows[cut:])):
            target = folder / "storefront" / table.name / f"landed_on={day}" / f"part{part}"
            as_lines = part == 0 and table.name in ("clickstream", "cart_events")
            written.append(_write(target, table.columns, some, as_lines))
    return written


def land_again(files: Iterable[Path], day: str) -> list[Path]:
    """The same files under another name, in another day's folder."""
    copies = []
    for file in files:
        copy = file.parent.parent / f"landed_on={day}" / f"again_{file.name}"
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(file.read_bytes())
        copies.append(copy)
    return copies


def _write(target: Path, columns: tuple[str, ...], rows: list[Row], as_lines: bool) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    if as_lines:
        path = target.with_suffix(".jsonl")
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path
    path = target.with_suffix(".parquet")
    pl.DataFrame(
        [{column: row.get(column) for column in columns} for row in rows], dict.fromkeys(columns, pl.String)
    ).write_parquet(path)
    return path


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _add_product(arrivals: Arrivals, dice: random.Random, name: str) -> None:
    for version in range(dice.choice([1, 1, 2])):
        row = {
            "product_id": name, "product_name": name, "category": dice.choice(CATEGORIES), "unit_price": "9.99", "unit_cost": "4",
            "updated_at": _text(START + timedelta(days=version)),
        }  # fmt: skip
        arrivals.add(dice.randrange(arrivals.batches) if version else dice.choice([0, 0, 1]), "products", row)


class _History:
    """One or two devices and people, and what came of them."""

    def __init__(self, name: str, dice: random.Random, arrivals: Arrivals) -> None:
        self.name, self.dice, self.arrivals = name, dice, arrivals
        self.visitors = [f"{name}v{n}" for n in range(dice.choice([1, 1, 2]))]
        self.customers = [f"{name}c{n}" for n in range(dice.choice([1, 2]))]
        self.products = [*(f"p{n}" for n in range(6)), f"{name}p", None]
        self.orders: list[str] = []
        self.numbers = iter(range(10_000))

    def happen(self) -> None:
        """Everything, in the order of time."""
        for customer in self.customers:
            if self.dice.random() < 0.8:
                self._sign_up(customer)
        for visitor in self.visitors:
            moment = START + timedelta(days=self.dice.randint(0, 60), microseconds=self.dice.randint(0, 3))
            if self.dice.random() < 0.03:
                self._stay_long(visitor, moment)
            for _ in range(self.dice.randint(1, 10)):
                self._do(visitor, moment)
                moment += self.dice.choice(GAPS)

    def _batch(self, moment: datetime) -> int:
        """Of its time, or late."""
        share = (moment - START) / timedelta(days=DAYS)
        late = self.dice.choice([0, 0, 0, 1, 2])
        return int(share * self.arrivals.batches) + late

    def _deliver(self, table: str, row: Row, moment: datetime, changes: Row) -> None:
        """Once, or again: in any batch, as it was or changed."""
        batch = self._batch(moment)
        self.arrivals.add(batch, table, row)
        if self.dice.random() < 0.15:
            again = dict(row)
            for column in self.dice.sample(sorted(changes), self.dice.randint(0, len(changes))):
                again[column] = changes[column]
            self.arrivals.add(batch + self.dice.randint(-1, 2), table, again)

    def _do(self, visitor: str, moment: datetime) -> None:
        number = next(self.numbers)
        row: Row = {
            "event_id": f"{self.name}e{number}", "event_at": _text(moment), "visitor_id": visitor,
            "customer_id": self.dice.choice([None, None, None, *self.customers]), "event_name": self.dice.choice(NAMES),
            "product_id": self.dice.choice(self.products), "campaign": self.dice.choice([None, "a", "b"]),
            "device_type": self.dice.choice(["mobile", "desktop"]), "country": self.dice.choice(["DE", "FR"]),
        }  # fmt: skip
        changes: Row = {
            "event_at": _text(moment + self.dice.choice([1, -1]) * self.dice.choice(GAPS)),
            "visitor_id": self.dice.choice(self.visitors), "customer_id": self.dice.choice([None, *self.customers]),
            "product_id": self.dice.choice(self.products),
        }  # fmt: skip
        what = self.dice.random()
        if what < 0.6:
            if row["event_name"] == "purchase":
                row["order_id"] = self._order(moment)
            if self.dice.random() < 0.02:
                row["event_at"] = "some day"
            self._deliver("clickstream", row, moment, changes)
        elif what < 0.85:
            row["event_name"] = self.dice.choice(["add_to_cart", "add_to_cart", "remove_from_cart"])
            self._deliver("cart_events", {**row, "quantity": "1", "unit_price": "9.99"}, moment, changes)
        else:
            self._pay(row, changes, moment)

    def _stay_long(self, visitor: str, moment: datetime) -> None:
        """More than a day without a break, which is cut; some of it late."""
        for number in range(60):
            at = moment + number * TIMEOUT
            row: Row = {
                "event_id": f"{self.name}l{number}",
                "event_at": _text(at),
                "visitor_id": visitor,
                "event_name": "page_view",
            }
            self._deliver("clickstream", row, at, {"visitor_id": visitor})

    def _pay(self, row: Row, changes: Row, moment: datetime) -> None:
        order = self._order(moment) if self.dice.random() < 0.6 or not self.orders else self.dice.choice(self.orders)
        attempt: Row = {
            "payment_id": row["event_id"], "attempted_at": row["event_at"], "visitor_id": row["visitor_id"],
            "customer_id": row["customer_id"], "order_id": order, "amount": "9.99",
            "result": self.dice.choice(["approved", "approved", "declined", "timeout"]), "gateway": self.dice.choice(["g1", "g2"]),
            "payment_method": "card",
        }  # fmt: skip
        self._deliver(
            "payment_attempts",
            attempt,
            moment,
            {"attempted_at": changes["event_at"], "result": "approved", "visitor_id": changes["visitor_id"]},
        )

    def _order(self, moment: datetime) -> str:
        order = f"{self.name}o{len(self.orders)}"
        self.orders.append(order)
        row: Row = {
            "order_id": order, "customer_id": self.dice.choice([None, *self.customers]), "ordered_at": _text(moment), "status": "placed",
            "order_amount": str(self.dice.randint(5, 90)), "updated_at": _text(moment),
        }  # fmt: skip
        if self.dice.random() < 0.9:
            batch = self._batch(moment)
            self.arrivals.add(batch, "orders", row)
            self._come_to_an_end(row, moment, batch)
        for number in range(self.dice.randint(0, 2)):
            item: Row = {
                "order_item_id": self.dice.choice([None, str(number)]), "order_id": order,
                "product_id": self.dice.choice([p for p in self.products if p]), "quantity": "1", "unit_price": str(self.dice.randint(1, 9)),
            }  # fmt: skip
            self._deliver("order_items", item, moment, {"quantity": "2"})
        if self.dice.random() < 0.3:
            review: Row = {
                "review_id": f"r{order}",
                "order_id": order,
                "score": "4",
                "reviewed_at": _text(moment + timedelta(days=9)),
            }
            self._deliver("reviews", review, moment, {"score": "1"})
        return order

    def _come_to_an_end(self, row: Row, moment: datetime, batch: int) -> None:
        """A later version, which may arrive before the first."""
        later = moment + self.dice.choice([timedelta(hours=5), timedelta(days=20)])
        status = self.dice.choice([None, "delivered", "returned", "canceled"])
        if status:
            ends = {"delivered": "delivered_at", "returned": "returned_at", "canceled": "canceled_at"}
            version = {
                **row,
                "status": status,
                ends[status]: _text(later),
                "updated_at": _text(later),
                "estimated_delivery_on": later.date().isoformat(),
            }
            self.arrivals.add(batch + self.dice.randint(-1, 2), "orders", version)

    def _sign_up(self, customer: str) -> None:
        moment = START + timedelta(days=self.dice.randint(0, 70))
        row: Row = {
            "customer_id": customer, "signed_up_at": _text(moment), "country": self.dice.choice(["DE", "FR"]), "gender": "female",
            "birth_year": "1990", "updated_at": _text(moment),
        }  # fmt: skip
        self._deliver("customers", row, moment, {"country": "IT", "updated_at": _text(moment + timedelta(days=2))})
