"""What was known of every customer at the end of a day.

The row tables are cut at the day's end, and "today" is computed from what is left: nothing is carried from
one snapshot to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

import polars as pl

from oracle.core import DAY_SECONDS, Core
from oracle.options import Options
from oracle.statistics import percentile_cont, ratio

COUNT = pl.Int64
CUSTOMER = "customer_id"
FACT_COLUMNS = [
    "first_seen_on", "tenure_days", "order_count", "order_count_30_days", "revenue_amount", "recent_revenue_amount",
    "order_day_count", "first_ordered_on", "last_ordered_on", "recency_days", "gap_count", "mean_gap_days",
    "own_gap_limit_days", "gap_limit_days", "returned_order_count", "returned_amount", "canceled_order_count",
    "session_count", "session_count_30_days", "session_count_90_days", "last_session_on", "event_count",
    "product_view_count", "add_to_cart_count", "cart_session_count", "abandoned_cart_count",
    "cart_abandonment_rate", "mean_session_seconds", "events_per_session", "favourite_category",
    "favourite_category_rate", "favourite_device", "favourite_device_rate", "payment_attempt_count",
    "failed_payment_count", "payment_failure_rate", "review_count", "mean_review_score",
    "delivered_order_count", "late_order_count", "late_rate", "mean_delivery_days",
]  # fmt: skip
ZEROS = (
    "order_count", "order_count_30_days", "revenue_amount", "recent_revenue_amount", "order_day_count", "gap_count",
    "returned_order_count", "returned_amount", "canceled_order_count", "session_count",
    "session_count_30_days", "session_count_90_days", "event_count", "product_view_count",
    "add_to_cart_count", "cart_session_count", "abandoned_cart_count", "payment_attempt_count",
    "failed_payment_count", "review_count", "delivered_order_count", "late_order_count",
)  # fmt: skip


def rows() -> pl.Expr:
    """How many rows."""
    return pl.len().cast(COUNT)


def count(test: pl.Expr) -> pl.Expr:
    """In how many rows the test holds."""
    return test.sum().cast(COUNT)


def days_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Whole days from one date to another."""
    return (end - start).dt.total_days().cast(COUNT)


@dataclass
class Ground:
    """The rows that say something about customers: all of them, or those up to the end of `day`."""

    day: date
    customers: pl.DataFrame
    sights: pl.DataFrame
    orders: pl.DataFrame
    lines: pl.DataFrame
    interests: pl.DataFrame
    sessions: pl.DataFrame
    payments: pl.DataFrame
    reviews: pl.DataFrame

    @property
    def counted(self) -> pl.DataFrame:
        """The customers' sales as they stood on that day."""
        return self.orders.filter("is_counted")


def _sights(core: Core) -> pl.DataFrame:
    """Every moment at which something was heard of a customer."""
    parts = (
        core.customers.select(CUSTOMER, at="signed_up_at"),
        core.orders.select(CUSTOMER, at="ordered_at"),
        core.payments.select(CUSTOMER, at="attempted_at"),
        core.sessions.select(CUSTOMER, at="ended_at"),
        core.identified.select(CUSTOMER, at="identified_at"),
    )
    return pl.concat(parts).drop_nulls()


def carts(core: Core) -> pl.DataFrame:
    """Sessions with something put in the cart, and whether they were left without an order after it."""
    kind, at = pl.col("event_type"), pl.col("event_at")
    firsts = core.events.filter(kind == "add_to_cart").group_by("session_id").agg(carted_at=at.min())
    placed = core.events.filter(kind == "order_placed").group_by("session_id").agg(placed_at=at.max())
    later = (pl.col("placed_at") >= pl.col("carted_at")).fill_null(False)
    return firsts.join(placed, on="session_id", how="left").select("session_id", is_abandoned=~later)


def ground_of(core: Core) -> Ground:
    """All rows with a customer, owners found."""
    mine = pl.col(CUSTOMER).is_not_null()
    sights = _sights(core)
    goods = core.products.filter(~pl.col("is_service_line")).select(
        "product_id", category=pl.col("category").fill_null("unknown")
    )
    interested = mine & pl.col("product_id").is_not_null() & pl.col("event_type").is_in(["product_view", "add_to_cart"])
    buyers = core.orders.filter(mine).select("order_id", CUSTOMER)
    return Ground(
        day=core.as_of_date or date(1970, 1, 1),
        customers=core.customers.select(CUSTOMER).join(
            sights.select(CUSTOMER).unique().with_columns(is_dated=True), on=CUSTOMER, how="left"
        ),
        sights=sights,
        orders=core.orders.filter(mine),
        lines=core.order_items.filter(pl.col("quantity") > 0)
        .select("order_id", "product_id")
        .join(goods, "product_id"),
        interests=core.events.filter(interested)
        .select(CUSTOMER, "event_type", "event_at", "product_id")
        .join(goods, on="product_id"),
        sessions=core.sessions.filter(mine)
        .join(carts(core), on="session_id", how="left")
        .with_columns(ended_on=pl.col("ended_at").dt.date()),
        payments=core.payments.filter(mine),
        reviews=core.reviews.join(buyers, on="order_id"),
    )


def end_of(day: date) -> datetime:
    """The first moment after a day."""
    return datetime(day.year, day.month, day.day) + timedelta(days=1)


def order_state(moment: datetime, options: Options) -> dict[str, pl.Expr]:
    """What an order is by what is known before `moment`: a sale, undone, delivered."""
    status, ordered = pl.col("status"), pl.col("ordered_at")
    stands = status.is_in(options.counted_order_statuses)
    undone = (
        pl.when(status == "canceled").then(pl.col("canceled_at")).when(status == "returned").then(pl.col("returned_at"))
    )
    counted = (ordered < moment) & (stands | (undone >= moment).fill_null(False))
    states = {
        "is_counted": counted,
        "is_canceled": (status == "canceled") & (pl.coalesce("canceled_at", ordered) < moment),
        "is_returned": (status == "returned") & (pl.coalesce("returned_at", ordered) < moment),
        "is_delivered": pl.col("delivered_at") < moment,
    }
    return {name: state.fill_null(False) for name, state in states.items()}


def cut(ground: Ground, day: date, options: Options) -> Ground:
    """Only what had happened when that day ended."""
    moment = end_of(day)
    sights = ground.sights.filter(pl.col("at") < moment)
    first = sights.group_by(CUSTOMER).agg(first_seen_on=pl.col("at").min().dt.date())
    undated = pl.col("is_dated").is_null()
    customers = ground.customers.join(first, on=CUSTOMER, how="left")
    orders = ground.orders.with_columns(**order_state(moment, options))
    sales = orders.filter("is_counted").select("order_id", CUSTOMER)
    return Ground(
        day=day,
        customers=customers.filter(undated | pl.col("first_seen_on").is_not_null()),
        sights=sights,
        orders=orders,
        lines=ground.lines.join(sales, on="order_id"),
        interests=ground.interests.filter(pl.col("event_at") < moment),
        sessions=ground.sessions.filter(pl.col("ended_at") < moment),
        payments=ground.payments.filter(pl.col("attempted_at") < moment),
        reviews=ground.reviews.filter(pl.col("reviewed_at") < moment),
    )


def interest(known: Ground) -> pl.DataFrame:
    """How often each customer looked at, put in the cart and bought something of each category."""
    kind = pl.col("event_type")
    looked = known.interests.group_by(CUSTOMER, "category").agg(
        view_count=count(kind == "product_view"), add_to_cart_count=count(kind == "add_to_cart")
    )
    bought = known.lines.group_by(CUSTOMER, "category").agg(order_line_count=rows())
    both = looked.join(bought, on=[CUSTOMER, "category"], how="full", coalesce=True)
    parts = ["view_count", "add_to_cart_count", "order_line_count"]
    both = both.with_columns(pl.col(*parts).fill_null(0))
    return both.with_columns(interest_count=pl.sum_horizontal(parts)).filter(pl.col("interest_count") > 0)


def order_gaps(known: Ground) -> pl.DataFrame:
    """Days between a customer's neighbouring order days: customer_id, ordered_on, gap_days."""
    days = known.counted.select(CUSTOMER, "ordered_on").unique().sort(CUSTOMER, "ordered_on")
    before = pl.col("ordered_on").shift().over(CUSTOMER)
    return days.with_columns(gap_days=days_between(before, pl.col("ordered_on"))).filter(
        pl.col("gap_days").is_not_null()
    )


def _own_limits(gaps: pl.DataFrame, options: Options) -> pl.DataFrame:
    """The percentile of each customer's own gaps, in whole numbers up to the last division."""
    share = Fraction(str(options.at_risk_gap_percentile))
    top, bottom = share.numerator, share.denominator
    place = (pl.len().cast(COUNT) - 1) * top
    sorted_gaps = pl.col("gap_days").sort()
    parts = gaps.group_by(CUSTOMER).agg(
        gap_count=rows(),
        low=sorted_gaps.get(place // bottom),
        high=sorted_gaps.get(pl.min_horizontal(place // bottom + 1, pl.len().cast(COUNT) - 1)),
        rest=place % bottom,
    )
    # By a column of divisors: Polars divides by a number with its rounded inverse.
    parts = parts.with_columns(
        top=pl.col("low") * bottom + (pl.col("high") - pl.col("low")) * pl.col("rest"),
        bottom=pl.lit(bottom) + 0 * pl.col("gap_count"),
    )
    return parts.filter(pl.col("gap_count") >= options.at_risk_min_gaps).select(
        CUSTOMER, own_gap_limit_days=ratio("top", "bottom")
    )


def _favourites(counts: pl.DataFrame, name: str, weight: str) -> pl.DataFrame:
    """The most frequent value of each customer, ties by name, and its share of all."""
    total = pl.col(weight).sum().over(CUSTOMER)
    return (
        counts.with_columns(total=total)
        .sort([CUSTOMER, weight, name], descending=[False, True, False])
        .unique(CUSTOMER, keep="first", maintain_order=True)
        .with_columns(rate=ratio(weight, "total"))
        .select(CUSTOMER, pl.col(name).alias(f"favourite_{name}"), pl.col("rate").alias(f"favourite_{name}_rate"))
    )


def _order_facts(known: Ground, options: Options) -> pl.DataFrame:
    amount, day = pl.col("order_amount").fill_null(0), pl.col("ordered_on")
    age = days_between(day, pl.lit(known.day))
    table = known.counted.group_by(CUSTOMER).agg(
        order_count=rows(),
        order_count_30_days=count(age < 30),
        revenue_amount=amount.sum(),
        recent_revenue_amount=amount.filter(age < options.revenue_at_risk_days).sum(),
        order_day_count=day.n_unique().cast(COUNT),
        first_ordered_on=day.min(),
        last_ordered_on=day.max(),
    )
    span = days_between(pl.col("first_ordered_on"), pl.col("last_ordered_on"))
    return table.with_columns(
        recency_days=days_between(pl.col("last_ordered_on"), pl.lit(known.day)),
        gap_count=pl.col("order_day_count") - 1,
        span=span,
    ).with_columns(mean_gap_days=ratio("span", "gap_count"))


def _undone_facts(known: Ground) -> pl.DataFrame:
    late = pl.col("delivered_at").dt.date() > pl.col("estimated_delivery_on")
    delivered, taken = pl.col("is_delivered"), pl.col("delivered_at") - pl.col("ordered_at")
    taken_us = taken.dt.total_microseconds().filter(delivered)
    return (
        known.orders.group_by(CUSTOMER)
        .agg(
            returned_order_count=count(pl.col("is_returned")),
            returned_amount=pl.col("order_amount").filter("is_returned").abs().sum(),
            canceled_order_count=count(pl.col("is_canceled")),
            delivered_order_count=count(delivered),
            late_order_count=count(delivered & late.fill_null(False)),
            promised_count=count(delivered & pl.col("estimated_delivery_on").is_not_null()),
            taken_us=taken_us.sum(),
            taken_count=taken_us.count().cast(COUNT),
        )
        .with_columns(late_rate=ratio("late_order_count", "promised_count"))
        .with_columns(mean_delivery_days=ratio("taken_us", "taken_count") / 1e6 / DAY_SECONDS)
    )


def _session_facts(known: Ground) -> pl.DataFrame:
    age = days_between(pl.col("ended_on"), pl.lit(known.day))
    length = (pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds()
    table = known.sessions.group_by(CUSTOMER).agg(
        pl.col("event_count", "product_view_count", "add_to_cart_count").sum(),
        session_count=rows(),
        session_count_30_days=count(age < 30),
        session_count_90_days=count(age < 90),
        last_session_on=pl.col("ended_on").max(),
        cart_session_count=count(pl.col("add_to_cart_count") > 0),
        abandoned_cart_count=count(pl.col("is_abandoned").fill_null(False)),
        length_us=length.sum(),
    )
    return table.with_columns(
        cart_abandonment_rate=ratio("abandoned_cart_count", "cart_session_count"),
        mean_session_seconds=ratio("length_us", "session_count") / 1e6,
        events_per_session=ratio("event_count", "session_count"),
    )


def customer_facts(known: Ground, options: Options) -> pl.DataFrame:
    """One row per customer known on the day: int_customers_snapshotted without its dates."""
    gaps = order_gaps(known)
    everybodys = percentile_cont(gaps["gap_days"], options.at_risk_gap_percentile)
    devices = known.sessions.drop_nulls("device_type").group_by(CUSTOMER, device="device_type").agg(uses=rows())
    payments = known.payments.group_by(CUSTOMER).agg(
        payment_attempt_count=rows(),
        failed_payment_count=count(pl.col("result") != "approved"),
    )
    reviews = known.reviews.group_by(CUSTOMER).agg(review_count=rows(), mean_review_score=pl.col("score").mean())
    table = known.customers.select(CUSTOMER, "first_seen_on")
    for part in (
        _order_facts(known, options),
        _own_limits(gaps, options),
        _undone_facts(known),
        _session_facts(known),
        _favourites(interest(known), "category", "interest_count"),
        _favourites(devices, "device", "uses"),
        payments.with_columns(payment_failure_rate=ratio("failed_payment_count", "payment_attempt_count")),
        reviews,
    ):
        table = table.join(part, on=CUSTOMER, how="left")
    return table.with_columns(
        pl.col(*ZEROS).fill_null(0),
        tenure_days=days_between(pl.col("first_seen_on"), pl.lit(known.day)),
        gap_limit_days=pl.coalesce("own_gap_limit_days", pl.lit(everybodys, dtype=pl.Float64)),
    ).select(CUSTOMER, *FACT_COLUMNS)


def snapshot_days(first: date | None, last: date | None) -> list[date]:
    """The month ends from the first day's month on, before the last day; and the last day."""
    if first is None or last is None:
        return []
    days = []
    month = first.replace(day=1)
    while True:
        following = (month + timedelta(days=32)).replace(day=1)
        if following - timedelta(days=1) >= last:
            return [*days, last]
        days.append(following - timedelta(days=1))
        month = following
