"""The conformed entities: their columns, their empty shapes, and each landed row's fate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from oracle.values import TIMESTAMP

TEXT, MONEY, WHOLE, DOUBLE = pl.String, pl.Int64, pl.Int64, pl.Float64
META = {
    "_source_table": TEXT,
    "_source_file": TEXT,
    "_landed_on": pl.Date,
    "_rejection_reasons": TEXT,
}
COLUMNS: dict[str, dict[str, pl.DataType]] = {
    "customers": {
        "customer_id": TEXT, "signed_up_at": TIMESTAMP, "customer_name": TEXT, "email": TEXT,
        "gender": TEXT, "birth_year": WHOLE, "country": TEXT, "region": TEXT, "city": TEXT,
        "latitude": DOUBLE, "longitude": DOUBLE, "updated_at": TIMESTAMP,
    },
    "products": {
        "product_id": TEXT, "product_name": TEXT, "category": TEXT, "brand": TEXT,
        "unit_price": MONEY, "unit_cost": MONEY, "is_service_line": pl.Boolean,
        "updated_at": TIMESTAMP,
    },
    "events": {
        "event_id": TEXT, "event_at": TIMESTAMP, "visitor_id": TEXT, "customer_id": TEXT,
        "event_type": TEXT, "event_name": TEXT, "outcome": TEXT, "product_id": TEXT,
        "quantity": WHOLE, "amount": MONEY, "order_id": TEXT, "device_type": TEXT,
        "traffic_channel": TEXT, "campaign": TEXT, "country": TEXT, "payment_method": TEXT,
        "gateway": TEXT, "failure_reason": TEXT, "app_version": TEXT,
    },
    "orders": {
        "order_id": TEXT, "customer_id": TEXT, "ordered_at": TIMESTAMP, "status": TEXT,
        "canceled_at": TIMESTAMP, "returned_at": TIMESTAMP, "currency": TEXT,
        "item_amount": MONEY, "shipping_amount": MONEY, "discount_amount": MONEY,
        "order_amount": MONEY, "delivered_at": TIMESTAMP, "estimated_delivery_on": pl.Date,
        "updated_at": TIMESTAMP,
    },
    "order_items": {
        "order_item_id": TEXT, "order_id": TEXT, "product_id": TEXT, "seller_id": TEXT,
        "quantity": WHOLE, "unit_price": MONEY, "amount": MONEY, "shipping_amount": MONEY,
    },
    "payments": {
        "payment_id": TEXT, "order_id": TEXT, "customer_id": TEXT, "visitor_id": TEXT,
        "attempted_at": TIMESTAMP, "payment_method": TEXT, "gateway": TEXT,
        "installments": WHOLE, "amount": MONEY, "result": TEXT, "failure_reason": TEXT,
        "device_type": TEXT, "traffic_channel": TEXT, "country": TEXT, "app_version": TEXT,
    },
    "reviews": {
        "review_id": TEXT, "order_id": TEXT, "score": WHOLE, "reviewed_at": TIMESTAMP,
    },
    "sellers": {"seller_id": TEXT, "city": TEXT, "region": TEXT, "country": TEXT},
    "lookups": {"lookup_key": TEXT},
}  # fmt: skip
KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "events": "event_id",
    "orders": "order_id",
    "order_items": "order_item_id",
    "payments": "payment_id",
    "reviews": "review_id",
    "sellers": "seller_id",
}
# What decides between deliveries of one event, the most telling first.
EVENT_CONTENT = (
    "event_at", "visitor_id", "customer_id", "event_type", "event_name", "outcome", "product_id",
    "quantity", "amount", "order_id", "device_type", "traffic_channel", "campaign", "country",
    "payment_method", "gateway", "failure_reason", "app_version",
)  # fmt: skip
FATES = ("accepted", "quarantined", "duplicate", "superseded")
NO_LANDING_DAY = date(1970, 1, 1)


@dataclass
class Landing:
    """What a source delivered: conformed rows per entity, and how many rows each table had."""

    entities: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    landed: list[pl.DataFrame] = field(default_factory=list)
    # Entities whose `updated_at` is no part of the landed row, but was found elsewhere.
    undated: set[str] = field(default_factory=set)

    def add(self, entity: str, rows: pl.DataFrame) -> None:
        """Take conformed rows; columns that the source lacks are empty."""
        self.entities.setdefault(entity, []).append(shaped(entity, rows))

    def count(self, table: str, landed_on: date | None, rows: int) -> None:
        """Note how many rows a table had, before anything was done to them."""
        self.landed.append(
            pl.DataFrame(
                {"source_table": [table], "landed_on": [landed_on], "rows": [rows]},
                schema={"source_table": TEXT, "landed_on": pl.Date, "rows": WHOLE},
            )
        )

    def rows(self, entity: str) -> pl.DataFrame:
        """All conformed rows of an entity."""
        parts = self.entities.get(entity, [])
        return pl.concat(parts) if parts else shaped(entity, pl.DataFrame())


@dataclass
class Entities:
    """The accepted rows of each entity, and the fate of every landed row."""

    tables: dict[str, pl.DataFrame]
    fates: pl.DataFrame
    landed: pl.DataFrame

    def __getitem__(self, entity: str) -> pl.DataFrame:
        return self.tables[entity]


def shaped(entity: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The entity's columns in their order and types; absent ones are NULL, rows are good."""
    height = rows.height if rows.width else 0
    present = set(rows.columns)
    columns = []
    for name, dtype in (COLUMNS[entity] | META).items():
        if name in present:
            columns.append(rows[name].cast(dtype))
        else:
            filler = "" if name == "_rejection_reasons" else None
            columns.append(pl.Series(name, [filler] * height, dtype=dtype))
    return pl.DataFrame(columns)


def _fates(rows: pl.DataFrame, fate: str) -> pl.DataFrame:
    return rows.select(
        source_table="_source_table",
        landed_on="_landed_on",
        reasons="_rejection_reasons",
        fate=pl.lit(fate),
    ).filter(pl.col("source_table").is_not_null())


def settle_events(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """One row per event id: the smallest by content. The other deliveries are duplicates."""
    good = rows.filter(pl.col("_rejection_reasons") == "")
    bad = rows.filter(pl.col("_rejection_reasons") != "")
    repeated = good.filter(pl.len().over("event_id") > 1)
    single = good.filter(pl.len().over("event_id") == 1)
    order = ["event_id", *EVENT_CONTENT, "_landed_on", "_source_file"]
    ranked = repeated.sort(order, nulls_last=True).with_columns(first=pl.col("event_id").is_first_distinct())
    winners = ranked.filter("first").drop("first")
    losers = ranked.filter(~pl.col("first")).drop("first")
    accepted = pl.concat([single, winners])
    fates = [_fates(accepted, "accepted"), _fates(bad, "quarantined"), _fates(losers, "duplicate")]
    return accepted, fates


def settle_entity(entity: str, rows: pl.DataFrame, undated: bool = False) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """One row per key: the newest version. Losers equal to a better one are duplicates."""
    good = rows.filter(pl.col("_rejection_reasons") == "")
    bad = rows.filter(pl.col("_rejection_reasons") != "")
    if entity not in KEYS:
        return good, [_fates(good, "accepted"), _fates(bad, "quarantined")]
    key, content = KEYS[entity], list(COLUMNS[entity])
    newest = [name for name in ("updated_at",) if name in content] + ["_landed_on"]
    plain = [name for name in content if name not in (key, "updated_at")]
    if entity == "payments":  # the same row is an event too: the same delivery must win in both
        newest = []
        content_order = [
            "attempted_at",
            "visitor_id",
            "customer_id",
            "result",
            "amount",
            "order_id",
        ]
        plain = list(dict.fromkeys([*content_order, "device_type", "traffic_channel", "country",
                                    "payment_method", "gateway", "failure_reason", "app_version",
                                    *plain]))  # fmt: skip
    by = [key, *newest, *plain, "_source_file"]
    falling = [name in newest for name in by]
    same = [name for name in content if not (undated and name == "updated_at")]
    ranked = good.sort(by, descending=falling, nulls_last=True, maintain_order=True).with_columns(
        first=pl.col(key).is_first_distinct(),
        is_new=pl.struct(same).is_first_distinct(),
    )
    fate = (
        pl.when("first")
        .then(pl.lit("accepted"))
        .when("is_new")
        .then(pl.lit("superseded"))
        .otherwise(pl.lit("duplicate"))
    )
    ranked = ranked.with_columns(fate=fate)
    fates = [_fates(ranked.filter(pl.col("fate") == name), name) for name in ("accepted", "superseded", "duplicate")]
    winners = ranked.filter("first").drop("first", "is_new", "fate")
    return winners, [*fates, _fates(bad, "quarantined")]


def settle(landing: Landing) -> Entities:
    """The fate of every landed row, and what was accepted."""
    tables: dict[str, pl.DataFrame] = {}
    fates: list[pl.DataFrame] = []
    for entity in COLUMNS:
        rows = landing.rows(entity)
        undated = entity in landing.undated
        done = settle_events(rows) if entity == "events" else settle_entity(entity, rows, undated)
        tables[entity] = done[0]
        fates.extend(done[1])
    landed = (
        pl.concat(landing.landed)
        .with_columns(pl.col("landed_on").fill_null(NO_LANDING_DAY))
        .group_by("source_table", "landed_on")
        .agg(landed_count=pl.col("rows").sum())
    )
    return Entities(tables, pl.concat(fates), landed)
