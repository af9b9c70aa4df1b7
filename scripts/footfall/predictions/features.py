"""What models may look at: the columns of int_customer_features_snapshotted, what they are called and which are about money or products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

NUMBER, FEW, MANY = "number", "few", "many"
UNKNOWN = "unknown"
NEW_TEXT = -1.0
Texts = Mapping[str, Sequence[str]]
SMALLEST_CHANCE = 1e-4
DIGITS = 6
"""Predictions are told with so many digits: the last ones of a sum over trees differ between machines."""


@dataclass(frozen=True)
class Feature:
    """A column: `kind` is NUMBER, or text with FEW levels (one column each) or MANY (the mean outcome of each level).

    `said`: in words, for reasons. `theme`: features of one theme are one reason, for they move together.
    """

    name: str
    kind: str
    said: str
    theme: str
    is_money: bool = False
    is_product: bool = False
    is_probability: bool = False


FEATURES = (
    Feature("recency_days", NUMBER, "days since the last order", "last order"),
    Feature("missed_order_count", NUMBER, "orders that would have been usual since the last one", "last order"),
    Feature("order_count", NUMBER, "orders", "orders"),
    Feature("order_count_30_days", NUMBER, "orders in 30 days", "orders"),
    Feature("order_day_count", NUMBER, "days with an order", "orders"),
    Feature("order_rate_30_days", NUMBER, "orders per 30 days", "orders"),
    Feature("mean_gap_days", NUMBER, "mean days between orders", "orders"),
    Feature("first_order_days", NUMBER, "days since the first order", "time as a customer"),
    Feature("signed_up_days", NUMBER, "days since the sign-up", "time as a customer"),
    Feature("first_session_days", NUMBER, "days since the first visit", "time as a customer"),
    Feature("idle_days", NUMBER, "days since the last visit", "last visit"),
    Feature("missed_session_count", NUMBER, "visits that would have been usual since the last one", "last visit"),
    Feature("habitual_order_probability", NUMBER, "chance of an order if habits stay", "habits", is_probability=True),
    Feature("session_count", NUMBER, "visits", "visits"),
    Feature("session_count_7_days", NUMBER, "visits in 7 days", "visits"),
    Feature("session_count_30_days", NUMBER, "visits in 30 days", "visits"),
    Feature("session_count_90_days", NUMBER, "visits in 90 days", "visits"),
    Feature("session_rate_30_days", NUMBER, "visits per 30 days", "visits"),
    Feature("mean_session_gap_days", NUMBER, "mean days between visits", "visits"),
    Feature("product_view_count", NUMBER, "product views", "visits"),
    Feature("events_per_session", NUMBER, "events per visit", "what visits are like"),
    Feature("mean_session_seconds", NUMBER, "mean seconds of a visit", "what visits are like"),
    Feature("last_device_type", FEW, "device of the last visit", "what visits are like"),
    Feature("last_traffic_channel", FEW, "channel of the last visit", "what visits are like"),
    Feature("add_to_cart_count", NUMBER, "adds to the cart", "visits"),
    Feature("cart_session_rate", NUMBER, "share of visits with a cart", "carts"),
    Feature("cart_abandonment_rate", NUMBER, "share of carts abandoned", "carts"),
    Feature("abandoned_cart_count_30_days", NUMBER, "carts abandoned in 30 days", "carts"),
    Feature("orders_per_session", NUMBER, "orders per visit", "carts"),
    Feature("payment_attempt_count", NUMBER, "attempts to pay", "orders"),
    Feature("payment_failure_rate", NUMBER, "share of attempts to pay that failed", "payments"),
    Feature("returned_order_count", NUMBER, "orders returned", "experience"),
    Feature("canceled_order_count", NUMBER, "orders canceled", "experience"),
    Feature("review_count", NUMBER, "reviews", "experience"),
    Feature("mean_review_score", NUMBER, "mean review score", "experience"),
    Feature("delivered_order_count", NUMBER, "orders delivered", "experience"),
    Feature("late_rate", NUMBER, "share of deliveries that were late", "experience"),
    Feature("mean_delivery_days", NUMBER, "mean days to delivery", "experience"),
    Feature("category_count", NUMBER, "categories bought", "orders", is_product=True),
    Feature("line_count", NUMBER, "order lines", "orders", is_product=True),
    Feature("main_category", MANY, "category bought most", "what was bought", is_product=True),
    Feature("last_category", MANY, "category bought last", "what was bought", is_product=True),
    Feature("main_viewed_category", MANY, "category viewed most", "what was viewed", is_product=True),
    Feature("revenue_amount", NUMBER, "revenue", "money", is_money=True),
    Feature("recent_revenue_amount", NUMBER, "revenue in a year", "money", is_money=True),
    Feature("mean_order_amount", NUMBER, "mean order value", "money", is_money=True),
    Feature("returned_amount", NUMBER, "amount returned", "money", is_money=True),
    Feature("country", MANY, "country", "who it is"),
    Feature("region", MANY, "region", "who it is"),
    Feature("gender", FEW, "gender", "who it is"),
    Feature("age", NUMBER, "age", "who it is"),
)


def chosen(money: bool = True, products: bool = True) -> tuple[Feature, ...]:
    """The features of a model, without those about money or about products where it has to do without."""
    return tuple(one for one in FEATURES if (money or not one.is_money) and (products or not one.is_product))


def texts_in(rows: pl.DataFrame, features: Sequence[Feature]) -> Texts:
    """The different texts of each of `features` that has texts, in alphabetical order. One that is not known is UNKNOWN."""
    names = [one.name for one in features if one.kind != NUMBER]
    return {name: rows.select(known_text(name).unique().sort()).to_series().to_list() for name in names}


def prepared(rows: pl.DataFrame, features: Sequence[Feature], texts: Texts) -> pl.DataFrame:
    """The columns of `features` in their order, all doubles: numbers on a logarithmic scale (sign(x) log(1 + |x|), unknown ones NaN),
    as ten days more mean much after one day and little after a hundred; probabilities as the logarithm of their odds; texts by
    their place in `texts` (see texts_in), NEW_TEXT where they are not there: scikit-learn encodes numbers about five times as fast as strings."""
    return rows.select(_prepared(one, texts) for one in features)


def known_text(name: str) -> pl.Expr:
    """A column of texts without NULLs."""
    return pl.col(name).cast(pl.String).fill_null(UNKNOWN)


def _prepared(feature: Feature, texts: Texts) -> pl.Expr:
    if feature.kind != NUMBER:
        known = texts[feature.name]
        return known_text(feature.name).replace_strict(
            known, range(len(known)), default=NEW_TEXT, return_dtype=pl.Float64
        )
    number = pl.col(feature.name).cast(pl.Float64)
    if feature.is_probability:
        inside = number.clip(SMALLEST_CHANCE, 1 - SMALLEST_CHANCE)
        return (inside / (1 - inside)).log().fill_null(float("nan"))
    return (number.sign() * number.abs().log1p()).fill_null(float("nan"))
