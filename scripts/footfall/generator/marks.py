"""What becomes of each landed row: the fates and the catalogue of planted faults."""

from __future__ import annotations

from dataclasses import dataclass

PLAIN, DUPLICATE, SUPERSEDED = 0, 1, 2
FIRST_FAULT = 10
FATES = ("accepted", "duplicate", "superseded", "quarantined")


@dataclass(frozen=True)
class Fault:
    """One way in which a row of a table can be wrong.

    `reason` is the refusal expected ('' when the row is not refused); `is_extra` says that the
    row is added to good ones (else a good row is written in another way).
    """

    name: str
    table: str
    fate: str
    reason: str = ""
    is_extra: bool = True


def _refused(name: str, **reasons: str) -> list[Fault]:
    """A fault of several tables: table='reason', or 'reason|reason' for several ways."""
    return [
        Fault(name, table, "quarantined", reason) for table, listed in reasons.items() for reason in listed.split("|")
    ]


def _accepted(name: str, *tables: str, is_extra: bool = True) -> list[Fault]:
    return [Fault(name, table, "accepted", "", is_extra) for table in tables]


EVENT_TABLES = ("clickstream", "cart_events", "payment_attempts")
ENTITY_TABLES = ("customers", "products", "orders", "order_items", "reviews")
ROW_KEYS = {
    "clickstream": "event_id",
    "cart_events": "event_id",
    "payment_attempts": "payment_id",
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "order_items": "order_item_id",
    "reviews": "review_id",
}

FAULTS: tuple[Fault, ...] = tuple(
    _refused("malformed_json_line", clickstream="malformed_json", cart_events="malformed_json")
    + _refused(
        "missing_id",
        clickstream="missing_event_id|missing_visitor_id",
        cart_events="missing_event_id|missing_visitor_id",
        payment_attempts="missing_event_id|missing_visitor_id",
        customers="missing_customer_id",
        products="missing_product_id",
        orders="missing_order_id",
        order_items="missing_order_id|missing_product_id",
        reviews="missing_review_id|missing_order_id",
    )
    + _refused(
        "missing_timestamp",
        clickstream="missing_event_at",
        orders="missing_ordered_at",
        reviews="missing_reviewed_at",
    )
    + _refused(
        "unparseable_timestamp",
        clickstream="unparseable_event_at",
        cart_events="unparseable_event_at",
        payment_attempts="unparseable_event_at",
        customers="unparseable_signed_up_at",
        orders="unparseable_ordered_at",
        reviews="unparseable_reviewed_at",
    )
    + _refused(
        "future_timestamp",
        clickstream="future_event_at",
        cart_events="future_event_at",
        payment_attempts="future_event_at",
        customers="future_signed_up_at",
        orders="future_ordered_at",
        reviews="future_reviewed_at",
    )
    + _refused(
        "negative_amount",
        cart_events="negative_amount",
        payment_attempts="negative_amount",
        products="negative_unit_price|negative_unit_cost",
        orders="negative_amount",
        order_items="negative_amount",
    )
    + _refused(
        "nonpositive_quantity",
        cart_events="nonpositive_quantity",
        order_items="nonpositive_quantity",
    )
    + _refused("unknown_payment_result", payment_attempts="unknown_payment_result")
    + _refused("score_out_of_range", reviews="score_out_of_range")
    + _accepted("other_timezone_offset", *EVENT_TABLES, is_extra=False)
    + _accepted("category_spelling", "products", is_extra=False)
    + _accepted("unknown_product", "clickstream")
    + _accepted("unknown_product", "order_items", is_extra=False)
    + _accepted("orphan_customer", "clickstream", "orders", "order_items")
    + _accepted("orphan_order", "order_items", "reviews")
    + _accepted("unknown_event_name", "clickstream")
    + _accepted("order_before_signup", "orders", "order_items")
    + _accepted("signup_after_last_event", "customers", is_extra=False)
    + _accepted("newer_version", "customers", "products")
    + [Fault("exact_duplicate", table, "duplicate") for table in (*EVENT_TABLES, *ENTITY_TABLES)]
    + [Fault("conflicting_duplicate", table, "duplicate") for table in EVENT_TABLES]
)
FAULT_NAMES = tuple(dict.fromkeys(fault.name for fault in FAULTS))


def mark_of(name: str, table: str, reason: str = "") -> int:
    """The mark of a fault's rows. A name, table and reason that do not exist raise KeyError."""
    for position, fault in enumerate(FAULTS):
        if (fault.name, fault.table, fault.reason) == (name, table, reason):
            return FIRST_FAULT + position
    raise KeyError((name, table, reason))


def fate_of(mark: int) -> str:
    """The expected fate of a row with this mark."""
    if mark >= FIRST_FAULT:
        return FAULTS[mark - FIRST_FAULT].fate
    return FATES[mark]
