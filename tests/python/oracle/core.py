"""The entity tables: customers, products, events, sessions, orders, order items, payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from oracle import visits
from oracle.entities import COLUMNS, Entities
from oracle.options import Options

DAY_SECONDS = 86_400.0
EVENT_COLUMNS = [
    "event_id", "event_at", "event_date", "visitor_id", "customer_id", "session_id", "event_type",
    "event_name", "outcome", "product_id", "quantity", "amount", "order_id", "device_type",
    "traffic_channel", "campaign", "country", "payment_method", "gateway", "failure_reason",
    "app_version", "_landed_on",
]  # fmt: skip


@dataclass
class Core:
    """The core marts, money still in ten-thousandths, and the moment as of which they hold."""

    customers: pl.DataFrame
    products: pl.DataFrame
    events: pl.DataFrame
    sessions: pl.DataFrame
    orders: pl.DataFrame
    order_items: pl.DataFrame
    payments: pl.DataFrame
    reviews: pl.DataFrame
    sellers: pl.DataFrame
    # When each customer was first named on a device (customer_id, identified_at).
    identified: pl.DataFrame
    as_of_date: date | None

    @property
    def as_of(self) -> datetime:
        """The end of the as-of day, exclusive."""
        day = self.as_of_date or date(1970, 1, 1)
        return datetime(day.year, day.month, day.day) + timedelta(days=1)

    @property
    def first_date(self) -> date | None:
        """The first day of an event or an order."""
        days = [self.events["event_date"].min(), self.orders["ordered_on"].min()]
        return min((day for day in days if day is not None), default=None)

    @property
    def counted(self) -> pl.DataFrame:
        """Orders that count as sales."""
        return self.orders.filter("is_counted")

    @property
    def shoppers(self) -> pl.DataFrame:
        """Events with their shopper: the customer, else the visitor."""
        return self.events.with_columns(shopper_id=pl.coalesce("customer_id", "visitor_id"))


def _events(entities: Entities, options: Options) -> tuple[pl.DataFrame, pl.DataFrame]:
    accepted = entities["events"]
    points = accepted.select("visitor_id", at="event_at")
    owned = accepted.with_columns(visits.owners(accepted, points).alias("owner"))
    assigned = visits.sessionize(owned, options)
    # The owner of a session is the owner at its end: of its last event in time, ties included.
    events = assigned.with_columns(customer_id="owner", event_date=pl.col("event_at").dt.date()).select(EVENT_COLUMNS)
    return events, visits.sessions(assigned)


def _identified(entities: Entities) -> pl.DataFrame:
    """Of several customers named on a device at one instant, the last by event id is the one."""
    named = entities["events"].filter(pl.col("customer_id").is_not_null()).sort("event_at", "event_id")
    last = named.unique(["visitor_id", "event_at"], keep="last", maintain_order=True)
    return last.group_by("customer_id").agg(identified_at=pl.col("event_at").min())


def _payments(entities: Entities) -> pl.DataFrame:
    """Attempts with their customer: their own, else the owner of the device at that moment."""
    payments = entities["payments"]
    points = payments.select("visitor_id", at="attempted_at")
    owner = visits.owners(entities["events"], points).alias("owner")
    return payments.with_columns(
        customer_id=pl.coalesce("customer_id", owner),
        attempted_on=pl.col("attempted_at").dt.date(),
        is_approved=pl.col("result") == "approved",
    )


def _customers(entities: Entities) -> pl.DataFrame:
    landed = entities["customers"].select(
        "customer_id", "customer_name", "email", "gender", "birth_year", "country", "region",
        "city", "latitude", "longitude", "signed_up_at", is_inferred=pl.lit(False),
    )  # fmt: skip
    named = pl.concat([entities[name].select("customer_id") for name in ("events", "orders", "payments")])
    missing = (named.drop_nulls().unique().join(landed, on="customer_id", how="anti")).with_columns(
        is_inferred=pl.lit(True)
    )
    return pl.concat([landed, missing], how="diagonal")


def _products(entities: Entities) -> pl.DataFrame:
    landed = entities["products"].select(
        "product_id", "product_name", "category", "brand", "unit_price", "unit_cost",
        "is_service_line", is_inferred=pl.lit(False),
    )  # fmt: skip
    named = pl.concat([entities[name].select("product_id") for name in ("events", "order_items")])
    missing = named.drop_nulls().unique().join(landed, on="product_id", how="anti")
    missing = missing.with_columns(is_inferred=pl.lit(True), is_service_line=pl.lit(False))
    # The mean in whole ten-thousandths, halves up: by integers, so that no double decides a half.
    price = pl.col("unit_price")
    total, count = price.sum(), price.count().cast(pl.Int64)
    mean = (2 * total + count) // (2 * count)
    sold = (
        entities["order_items"]
        .filter((pl.col("quantity") > 0) & price.is_not_null())
        .group_by("product_id")
        .agg(mean_price=mean)
    )
    return (
        pl.concat([landed, missing], how="diagonal")
        .join(sold, on="product_id", how="left")
        .with_columns(pl.coalesce("unit_price", "mean_price").alias("unit_price"))
        .drop("mean_price")
    )


def _orders(entities: Entities, options: Options, as_of_date: date | None) -> pl.DataFrame:
    items, payments, reviews = entities["order_items"], entities["payments"], entities["reviews"]
    approved = payments.filter(pl.col("result") == "approved")
    landed = entities["orders"].select(*COLUMNS["orders"], is_inferred=pl.lit(False))
    named = pl.concat([rows.select("order_id") for rows in (items, approved, reviews)])
    missing = (
        named.drop_nulls()
        .unique()
        .join(landed, on="order_id", how="anti")
        .with_columns(status=pl.lit("unknown"), is_inferred=pl.lit(True))
    )
    has_value = pl.col("amount").count() > 0
    has_shipping = pl.col("shipping_amount").count() > 0
    lines = items.group_by("order_id").agg(
        lines_amount=pl.when(has_value).then(pl.col("amount").sum()),
        lines_shipping=pl.when(has_shipping).then(pl.col("shipping_amount").sum()),
        item_count=pl.len().cast(pl.Int64),
        product_count=pl.col("product_id").drop_nulls().n_unique().cast(pl.Int64),
        quantity=pl.col("quantity").sum(),
    )
    paid = approved.group_by("order_id").agg(
        approved_payment_amount=pl.col("amount").sum(),
        approved_payment_count=pl.len().cast(pl.Int64),
    )
    reviewed = reviews.group_by("order_id").agg(
        review_score=pl.col("score").mean(), review_count=pl.len().cast(pl.Int64)
    )
    orders = pl.concat([landed, missing], how="diagonal")
    for part in (lines, paid, reviewed):
        orders = orders.join(part, on="order_id", how="left")
    zeros = (
        "item_count", "product_count", "quantity", "approved_payment_amount",
        "approved_payment_count", "review_count",
    )  # fmt: skip
    orders = orders.with_columns(
        pl.col(*zeros).fill_null(0),
        item_amount=pl.coalesce("item_amount", "lines_amount"),
        shipping_amount=pl.coalesce("shipping_amount", "lines_shipping"),
    )
    due = pl.col("item_amount") + pl.col("shipping_amount").fill_null(0) - pl.col("discount_amount").fill_null(0)
    taken = (pl.col("delivered_at") - pl.col("ordered_at")).dt.total_microseconds()
    late = pl.col("delivered_at").dt.date() - pl.col("estimated_delivery_on")
    orders = orders.with_columns(
        is_counted=_is_sale(as_of_date, options),
        order_amount=pl.coalesce(pl.col("order_amount"), due),
        ordered_on=pl.col("ordered_at").dt.date(),
        delivery_days=taken / 1e6 / DAY_SECONDS,
        delay_days=late.dt.total_days(),
    )
    firsts = (
        orders.filter(pl.col("is_counted") & pl.col("customer_id").is_not_null())
        .sort("ordered_at", "order_id", nulls_last=True)
        .unique("customer_id", keep="first", maintain_order=True)
    )
    is_first = pl.col("order_id").is_in(firsts["order_id"].implode())
    return orders.with_columns(is_first_order=is_first).select(
        "order_id", "customer_id", "ordered_at", "ordered_on", "status", "canceled_at",
        "returned_at", "currency", "item_amount", "shipping_amount", "discount_amount",
        "order_amount", "delivered_at", "estimated_delivery_on", "delivery_days", "delay_days",
        "item_count", "product_count", "quantity", "approved_payment_amount",
        "approved_payment_count", "review_score", "review_count", "is_counted", "is_first_order",
        "is_inferred",
    )  # fmt: skip


def _is_sale(as_of_date: date | None, options: Options) -> pl.Expr:
    """A sale when the as-of day ends: ordered by then, and not undone by then."""
    day = as_of_date or date(1970, 1, 1)
    end = datetime(day.year, day.month, day.day) + timedelta(days=1)
    status = pl.col("status")
    undone_at = (
        pl.when(status == "canceled").then(pl.col("canceled_at")).when(status == "returned").then(pl.col("returned_at"))
    )
    stands = status.is_in(options.counted_order_statuses).fill_null(False)
    return ((stands | (undone_at >= end).fill_null(False)) & (pl.col("ordered_at") < end)).fill_null(False)


def _order_items(entities: Entities, orders: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    return (
        entities["order_items"]
        .join(
            orders.select("order_id", "customer_id", "ordered_at", "is_counted"),
            on="order_id",
            how="left",
        )
        .join(products.select("product_id", "is_service_line"), on="product_id", how="left")
        .with_columns(is_return=pl.col("quantity") < 0)
        .select(
            "order_item_id", "order_id", "product_id", "seller_id", "customer_id", "ordered_at",
            "quantity", "unit_price", "amount", "shipping_amount", "is_counted", "is_return",
            "is_service_line",
        )
    )  # fmt: skip


def build_core(entities: Entities, options: Options) -> Core:
    """The core tables and the as-of day."""
    events, sessions = _events(entities, options)
    products = _products(entities)
    payments = _payments(entities)
    last = pl.concat([events.select(at="event_at"), entities["orders"].select(at="ordered_at")])["at"].max()
    as_of_date = options.as_of_date or (last.date() if last else None)
    orders = _orders(entities, options, as_of_date)
    return Core(
        customers=_customers(entities),
        products=products,
        events=events,
        sessions=sessions,
        orders=orders,
        order_items=_order_items(entities, orders, products),
        payments=payments.select(
            "payment_id", "order_id", "customer_id", "visitor_id", "attempted_at",
            "attempted_on", "payment_method", "gateway", "installments", "amount", "result",
            "failure_reason", "device_type", "traffic_channel", "country", "app_version",
            "is_approved",
        ),
        reviews=entities["reviews"],
        sellers=entities["sellers"],
        identified=_identified(entities),
        as_of_date=as_of_date,
    )  # fmt: skip
