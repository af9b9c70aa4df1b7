"""Reads a storefront landing folder: Parquet and JSON lines by table and day of arrival."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from oracle import values
from oracle.entities import Landing
from oracle.options import Options
from oracle.values import category, hashed, moment, money, number, reasons, text, whole

MALFORMED = "_malformed"
LITERALLY = json.JSONDecoder(parse_int=str, parse_float=str)
PAYMENT_RESULTS = ("approved", "declined", "error", "timeout", "abandoned")


def _literal(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, float | int) else json.dumps(value)


def read_json_lines(path: Path) -> pl.DataFrame:
    """One row per line that is not blank, all values as text; other lines are malformed."""
    rows: list[dict[str, Any]] = []
    broken: list[bool] = []
    for line in path.read_bytes().decode("utf-8", errors="replace").split("\n"):
        if not line.strip():
            continue
        try:
            parsed = LITERALLY.decode(line)
        except ValueError:
            parsed = None
        good = isinstance(parsed, dict)
        rows.append(parsed if good else {})
        broken.append(not good)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [_literal(row.get(name)) for row in rows] for name in names}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
    return frame.with_columns(pl.Series(MALFORMED, broken, dtype=pl.Boolean))


def read_table(landing: Landing, root: Path, table: str) -> list[pl.DataFrame]:
    """The landed rows of a table, one frame per kind of file."""
    parts: dict[str, list[pl.DataFrame]] = {"parquet": [], "jsonl": []}
    for path in sorted((root / "storefront" / table).glob("landed_on=*/*")):
        kind = path.suffix.removeprefix(".")
        if kind not in parts or path.name.startswith((".", "_")):
            continue
        day = date.fromisoformat(path.parent.name.removeprefix("landed_on="))
        if kind == "parquet":
            frame = pl.read_parquet(path, hive_partitioning=False)
            frame = frame.with_columns(pl.lit(False).alias(MALFORMED))
        else:
            frame = read_json_lines(path)
        landing.count(table, day, frame.height)
        parts[kind].append(
            frame.with_columns(
                _source_file=pl.lit(str(path)),
                _landed_on=pl.lit(day),
                _source_table=pl.lit(table),
            )
        )
    return [pl.concat(found, how="diagonal_relaxed") for found in parts.values() if found]


class Columns:
    """Typed access to the columns of a landed frame; absent ones are NULL."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.schema = frame.schema

    def _read(self, name: str, reader: Callable[[str], pl.Expr], dtype: pl.DataType) -> pl.Expr:
        return reader(name) if name in self.schema else pl.lit(None, dtype=dtype)

    def text(self, name: str) -> pl.Expr:
        return self._read(name, text, pl.String)

    def moment(self, name: str) -> pl.Expr:
        return self._read(name, lambda col: moment(col, self.schema[col]), values.TIMESTAMP)

    def money(self, name: str) -> pl.Expr:
        return self._read(name, lambda col: money(col, self.schema[col]), pl.Int64)

    def whole(self, name: str) -> pl.Expr:
        return self._read(name, lambda col: whole(col, self.schema[col]), pl.Int64)

    def number(self, name: str) -> pl.Expr:
        return self._read(name, number, pl.Float64)

    def texts(self, *names: str) -> dict[str, pl.Expr]:
        return {name: self.text(name) for name in names}

    def unparsed(self, name: str, value: str) -> pl.Expr:
        """There is something in the landed column, and the value made of it is NULL."""
        return self.text(name).is_not_null() & pl.col(value).is_null()


META = ("_source_table", "_source_file", "_landed_on", MALFORMED)


def _future(column: str) -> pl.Expr:
    return pl.col(column).dt.date() > pl.col("_landed_on") + pl.duration(days=1)


def _judged(
    raw: pl.DataFrame,
    fields: dict[str, pl.Expr],
    rules: Callable[[Columns], list[tuple[str, pl.Expr]]],
) -> pl.DataFrame:
    """The conformed columns with the reasons why a row is refused."""
    landed = Columns(raw)
    frame = raw.with_columns(**{f"new.{name}": value for name, value in fields.items()})
    # Rules see the new values under their names and the landed ones under "old.".
    old = {name: f"old.{name}" for name in raw.columns if name not in META}
    new = {f"new.{name}": name for name in fields}
    frame = frame.rename(old).rename(new)
    landed.schema = pl.Schema({f"old.{name}": dtype for name, dtype in landed.schema.items()})
    broken = [(name, ~pl.col(MALFORMED) & rule) for name, rule in rules(landed)]
    verdict = reasons([("malformed_json", pl.col(MALFORMED)), *broken])
    frame = frame.with_columns(_rejection_reasons=verdict)
    return frame.select(*fields, *META[:3], "_rejection_reasons")


def _event_rules(kind: str, missing_time: str = "event_at") -> Callable[[Columns], list[tuple[str, pl.Expr]]]:
    def rules(landed: Columns) -> list[tuple[str, pl.Expr]]:
        time_column = f"old.{missing_time}"
        found = [
            ("missing_event_id", pl.col("event_id").is_null()),
            ("missing_visitor_id", pl.col("visitor_id").is_null()),
            ("missing_event_at", landed.text(time_column).is_null()),
            ("unparseable_event_at", landed.unparsed(time_column, "event_at")),
            ("future_event_at", _future("event_at")),
        ]
        if kind == "cart_events":
            found += [
                ("unparseable_quantity", landed.unparsed("old.quantity", "_quantity")),
                ("nonpositive_quantity", pl.col("quantity") <= 0),
                ("unparseable_amount", landed.unparsed("old.unit_price", "_unit_price")),
                ("negative_amount", pl.col("_unit_price") < 0),
            ]
        if kind == "payment_attempts":
            known = pl.col("outcome").is_in(PAYMENT_RESULTS).fill_null(False)
            found += [
                ("unparseable_amount", landed.unparsed("old.amount", "amount")),
                ("negative_amount", pl.col("amount") < 0),
                ("unknown_payment_result", ~known),
            ]
        return found

    return rules


CONTEXT = ("customer_id", "device_type", "traffic_channel", "campaign", "country", "app_version")


def _event_type(name: pl.Expr, options: Options) -> pl.Expr:
    return name.str.to_lowercase().replace_strict(options.event_names, default="other")


def _clickstream(raw: pl.DataFrame, options: Options) -> pl.DataFrame:
    landed = Columns(raw)
    fields = {
        **landed.texts("event_id", "event_name", "product_id", "order_id", *CONTEXT),
        "event_at": landed.moment("event_at"),
        "visitor_id": pl.coalesce(landed.text("visitor_id"), landed.text("customer_id")),
        "event_type": _event_type(landed.text("event_name"), options).fill_null("other"),
    }
    return _judged(raw, fields, _event_rules("clickstream"))


def _cart_events(raw: pl.DataFrame, options: Options) -> pl.DataFrame:
    landed = Columns(raw)
    quantity = pl.when(landed.text("quantity").is_null()).then(1).otherwise(landed.whole("quantity"))
    fields = {
        **landed.texts("event_id", "event_name", "product_id", *CONTEXT),
        "event_at": landed.moment("event_at"),
        "visitor_id": pl.coalesce(landed.text("visitor_id"), landed.text("customer_id")),
        "event_type": _event_type(landed.text("event_name"), options).fill_null("other"),
        "quantity": quantity,
        "amount": landed.money("unit_price") * quantity,
        "_quantity": landed.whole("quantity"),
        "_unit_price": landed.money("unit_price"),
    }
    return _judged(raw, fields, _event_rules("cart_events")).drop("_quantity", "_unit_price")


def _payment_events(raw: pl.DataFrame) -> pl.DataFrame:
    landed = Columns(raw)
    fields = {
        **landed.texts("order_id", "payment_method", "gateway", "failure_reason", *CONTEXT),
        "event_id": landed.text("payment_id"),
        "event_name": pl.lit("payment_attempted"),
        "event_type": pl.lit("payment_attempted"),
        "event_at": landed.moment("attempted_at"),
        "visitor_id": pl.coalesce(landed.text("visitor_id"), landed.text("customer_id")),
        "amount": landed.money("amount"),
        "outcome": landed.text("result").str.to_lowercase(),
        "installments": landed.whole("installments"),
    }
    return _judged(raw, fields, _event_rules("payment_attempts", "attempted_at"))


def _payments(events: pl.DataFrame) -> pl.DataFrame:
    """The attempts as payments. They are accounted for among the events."""
    return events.rename({"event_id": "payment_id", "event_at": "attempted_at", "outcome": "result"}).with_columns(
        _source_table=pl.lit(None, dtype=pl.String)
    )


def _customers(raw: pl.DataFrame) -> pl.DataFrame:
    landed = Columns(raw)
    fields = {
        **landed.texts("customer_id", "customer_name", "email", "gender", "country", "region", "city"),
        "signed_up_at": landed.moment("signed_up_at"),
        "birth_year": landed.whole("birth_year"),
        "latitude": landed.number("latitude"),
        "longitude": landed.number("longitude"),
        "updated_at": landed.moment("updated_at"),
    }
    return _judged(
        raw,
        fields,
        lambda old: [
            ("missing_customer_id", pl.col("customer_id").is_null()),
            ("unparseable_signed_up_at", old.unparsed("old.signed_up_at", "signed_up_at")),
            ("future_signed_up_at", _future("signed_up_at")),
        ],
    )


def _products(raw: pl.DataFrame) -> pl.DataFrame:
    landed = Columns(raw)
    fields = {
        **landed.texts("product_id", "product_name", "brand"),
        "category": category(landed.text("category")),
        "unit_price": landed.money("unit_price"),
        "unit_cost": landed.money("unit_cost"),
        "is_service_line": pl.lit(False),
        "updated_at": landed.moment("updated_at"),
    }
    return _judged(
        raw,
        fields,
        lambda old: [
            ("missing_product_id", pl.col("product_id").is_null()),
            ("unparseable_unit_price", old.unparsed("old.unit_price", "unit_price")),
            ("negative_unit_price", pl.col("unit_price") < 0),
            ("negative_unit_cost", pl.col("unit_cost") < 0),
        ],
    )


ORDER_AMOUNTS = ("item_amount", "shipping_amount", "discount_amount", "order_amount")


def _orders(raw: pl.DataFrame) -> pl.DataFrame:
    landed = Columns(raw)
    times = ("ordered_at", "canceled_at", "returned_at", "delivered_at", "updated_at")
    fields = {
        **landed.texts("order_id", "customer_id", "currency"),
        "status": landed.text("status").str.to_lowercase(),
        **{name: landed.moment(name) for name in times},
        **{name: landed.money(name) for name in ORDER_AMOUNTS},
        "estimated_delivery_on": landed.moment("estimated_delivery_on").dt.date(),
    }
    return _judged(
        raw,
        fields,
        lambda old: [
            ("missing_order_id", pl.col("order_id").is_null()),
            ("missing_ordered_at", old.text("old.ordered_at").is_null()),
            ("unparseable_ordered_at", old.unparsed("old.ordered_at", "ordered_at")),
            ("future_ordered_at", _future("ordered_at")),
            (
                "unparseable_amount",
                pl.any_horizontal(old.unparsed(f"old.{name}", name) for name in ORDER_AMOUNTS),
            ),
            ("negative_amount", pl.col("order_amount") < 0),
        ],
    )


def _order_items(raw: pl.DataFrame) -> pl.DataFrame:
    landed = Columns(raw)
    amount, price, quantity = (
        landed.money("amount"),
        landed.money("unit_price"),
        landed.whole("quantity"),
    )
    fields = {
        **landed.texts("order_item_id", "order_id", "product_id", "seller_id"),
        "quantity": quantity,
        "unit_price": price,
        "amount": pl.coalesce(amount, price * quantity),
        "_amount": amount,
    }
    rows = _judged(
        raw,
        fields,
        lambda old: [
            ("missing_order_id", pl.col("order_id").is_null()),
            ("missing_product_id", pl.col("product_id").is_null()),
            ("unparseable_quantity", old.unparsed("old.quantity", "quantity")),
            ("nonpositive_quantity", pl.col("quantity") <= 0),
            (
                "unparseable_amount",
                old.unparsed("old.unit_price", "unit_price") | old.unparsed("old.amount", "_amount"),
            ),
            ("negative_amount", (pl.col("unit_price") < 0) | (pl.col("_amount") < 0)),
        ],
    ).drop("_amount")
    content = ["order_id", "product_id", "seller_id", "quantity", "unit_price", "amount"]
    rows = rows.with_columns(occurrence=pl.int_range(1, pl.len() + 1).over("order_item_id", *content))
    absent = rows.filter(pl.col("order_item_id").is_null())
    ids = hashed(absent, [*content, "occurrence"]).alias("order_item_id")
    named = pl.concat([rows.filter(pl.col("order_item_id").is_not_null()), absent.with_columns(ids)])
    return named.drop("occurrence")


def _reviews(raw: pl.DataFrame) -> pl.DataFrame:
    landed = Columns(raw)
    fields = {
        **landed.texts("review_id", "order_id"),
        "score": landed.whole("score"),
        "reviewed_at": landed.moment("reviewed_at"),
    }
    return _judged(
        raw,
        fields,
        lambda old: [
            ("missing_review_id", pl.col("review_id").is_null()),
            ("missing_order_id", pl.col("order_id").is_null()),
            ("missing_reviewed_at", old.text("old.reviewed_at").is_null()),
            ("unparseable_reviewed_at", old.unparsed("old.reviewed_at", "reviewed_at")),
            ("future_reviewed_at", _future("reviewed_at")),
            ("score_out_of_range", ~pl.col("score").is_between(1, 5).fill_null(False)),
        ],
    )


def read_storefront(root: Path, options: Options) -> Landing:
    """Everything that the storefront landed, as conformed entities."""
    landing = Landing()
    readers: dict[str, tuple[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
        "clickstream": ("events", lambda raw: _clickstream(raw, options)),
        "cart_events": ("events", lambda raw: _cart_events(raw, options)),
        "payment_attempts": ("events", _payment_events),
        "customers": ("customers", _customers),
        "products": ("products", _products),
        "orders": ("orders", _orders),
        "order_items": ("order_items", _order_items),
        "reviews": ("reviews", _reviews),
    }
    for table, (entity, reader) in readers.items():
        for raw in read_table(landing, root, table):
            rows = reader(raw)
            landing.add(entity, rows)
            if table == "payment_attempts":
                landing.add("payments", _payments(rows))
    return landing
