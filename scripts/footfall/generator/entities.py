"""Customers, products, orders, their items and reviews, as they land."""

from __future__ import annotations

import numpy as np
import polars as pl

from footfall.generator import behaviour as kinds
from footfall.generator.catalogue import Catalogue
from footfall.generator.marks import PLAIN, SUPERSEDED, mark_of
from footfall.generator.people import People, scramble
from footfall.generator.pools import COUNTRIES, Pools
from footfall.generator.records import (
    CURRENCY,
    Chunk,
    IsoText,
    customer_ids,
    money,
    numbered,
    pick,
)
from footfall.generator.settings import DAY, MINUTE, Settings
from footfall.generator.visits import SIGN_UP

CANCEL_RATE = 0.03
RETURN_RATE = 0.05
REVIEW_RATE = 0.5
# shares of the scores 1 to 5, when the parcel came in time and when it came late
SCORES_IN_TIME = (0.03, 0.04, 0.10, 0.28, 0.55)
SCORES_LATE = (0.30, 0.20, 0.20, 0.18, 0.12)


def products(settings: Settings, catalogue: Catalogue, iso: IsoText) -> pl.DataFrame:
    """All products, landing on the first day, and newer versions of a few landing later."""
    frame = catalogue.frame
    rng = settings.rng("products")
    changed = np.sort(_few(rng, frame.height, settings.faults.get("newer_version", 0.0)))
    changed = changed[changed != catalogue.anchor]
    when = rng.integers(1, settings.days, changed.size) * DAY + rng.integers(0, DAY, changed.size)
    first = frame.select(
        "product_id",
        "product_name",
        "category",
        "brand",
        unit_price=money(frame["price"].to_numpy()),
        unit_cost=money(frame["cost"].to_numpy()),
        updated_at=iso(np.full(frame.height, -30 * DAY)),
        _land=pl.lit(0, pl.Int32),
        _mark=pl.Series(_marked(frame.height, changed)),
    )
    newer = first[changed].with_columns(
        unit_cost=money(frame["cost"].to_numpy()[changed] * 103 // 100),
        updated_at=iso(when),
        _land=pl.Series((when // DAY).astype(np.int32)),
        _mark=pl.lit(mark_of("newer_version", "products"), pl.UInt8),
    )
    return pl.concat([first, newer])


def late_signups(settings: Settings, people: People) -> np.ndarray:
    """Customers (mask) whose sign-up is written only after their last event."""
    rng = settings.rng("late_signups")
    active = (people.signup_day < 0) & (people.last_day + 3 < settings.days)
    often = people.visit_rate * (people.last_day + 1)
    rows = np.flatnonzero(active)
    rows = rows[often[rows] >= np.median(often[rows])] if rows.size else rows
    chosen = np.zeros(people.count, bool)
    rate = settings.faults.get("signup_after_last_event", 0.0)
    count = min(rows.size, max(1, round(rate * people.count))) if rate > 0 else 0
    chosen[rng.choice(rows, count, replace=False)] = True
    return chosen


def known_customers(settings: Settings, pools: Pools, people: People, iso: IsoText) -> pl.DataFrame:
    """Customers known before the start: they land on the first day, except the late sign-ups."""
    rng = settings.rng("known_customers")
    person = np.flatnonzero(people.signup_day < 0)
    day = people.signup_day[person].astype(np.int64)
    late = late_signups(settings, people)[person]
    day[late] = people.last_day[person[late]] + 3
    signed_up = day * DAY + rng.integers(0, DAY, person.size)
    mark = np.where(late, mark_of("signup_after_last_event", "customers"), PLAIN)
    land = np.where(late, day, 0)
    return _customers(settings, pools, people, iso, person, signed_up, land, mark)


def new_customers(chunk: Chunk, people: People, days: range) -> pl.DataFrame:
    """Customers who signed up on these days, landing on the day of it."""
    activity, visits = chunk.activity, chunk.activity.visits
    rows = np.flatnonzero(visits.mode == SIGN_UP)
    person = visits.person[rows]
    at = people.signup_day[person].astype(np.int64) * DAY + DAY // 2
    events = np.flatnonzero(activity.kind == kinds.SIGNED_UP)
    at_of_visit = np.full(visits.count, -1, np.int64)
    at_of_visit[activity.visit[events]] = activity.at[events]
    # should the visit not have fitted into its day: noon
    at = np.where(at_of_visit[rows] >= 0, at_of_visit[rows], at)
    mark = np.full(person.size, PLAIN)
    land = at // DAY
    return _customers(chunk.settings, chunk.pools, people, chunk.iso, person, at, land, mark, days.start)


def _customers(
    settings: Settings,
    pools: Pools,
    people: People,
    iso: IsoText,
    person: np.ndarray,
    signed_up: np.ndarray,
    land: np.ndarray,
    mark: np.ndarray,
    seed_day: int = -1,
) -> pl.DataFrame:
    """Rows of these people with what a shop knows of them, and newer versions of a few."""
    rng = settings.rng("customer_versions", seed_day)
    mixed = scramble(person + 17)
    name = pl.DataFrame(
        {
            "first": pools.first_names.gather(mixed % len(pools.first_names)),
            "last": pools.last_names.gather((mixed >> 12) % len(pools.last_names)),
            "number": person,
        }
    )
    city = pools.cities[people.city[person].astype(np.int64)]
    jitter = ((mixed >> 9) % 1_000 - 500) / 10_000
    may_change = np.flatnonzero((land + 2 < settings.days) & (mark == PLAIN))
    rate = settings.faults.get("newer_version", 0.0)
    changed = may_change[_few(rng, may_change.size, rate)]
    mark = mark.copy()
    mark[changed] = SUPERSEDED
    text = iso(signed_up)
    frame = name.select(
        customer_id=customer_ids(person),
        signed_up_at=text,
        customer_name=pl.concat_str("first", "last", separator=" "),
        email=pl.format(
            "{}.{}{}@example.com",
            pl.col("first").str.to_lowercase(),
            pl.col("last").str.to_lowercase(),
            "number",
        ),
        gender=pick(("female", "male", "other"), np.array([0, 1] * 12 + [2])[mixed % 25]),
        birth_year=pl.Series((1950 + (mixed >> 5) % 57).astype(np.int32)),
        country=pick(COUNTRIES, people.country[person]),
        region=city["region"],
        city=city["city"],
        latitude=(city["latitude"] + pl.Series(jitter)).round(5),
        longitude=(city["longitude"] + pl.Series(jitter)).round(5),
        updated_at=text,
        _land=pl.Series(land.astype(np.int32)),
        _mark=pl.Series(mark.astype(np.uint8)),
    )
    return pl.concat([frame, _newer_customers(settings, rng, iso, frame, changed, land)])


def _newer_customers(
    settings: Settings,
    rng: np.random.Generator,
    iso: IsoText,
    frame: pl.DataFrame,
    changed: np.ndarray,
    land: np.ndarray,
) -> pl.DataFrame:
    first = land[changed] + 1
    day = np.minimum(first + rng.integers(0, 30, changed.size), settings.days - 1)
    at = day * DAY + rng.integers(0, DAY, changed.size)
    return frame[changed].with_columns(
        email=pl.lit("new.") + pl.col("email"),
        updated_at=iso(at),
        _land=pl.Series(day.astype(np.int32)),
        _mark=pl.lit(mark_of("newer_version", "customers"), pl.UInt8),
    )


def order_frames(chunk: Chunk) -> dict[str, pl.DataFrame]:
    """Orders in all their versions, order items and reviews of the chunk's purchases."""
    activity, basket = chunk.activity, chunk.activity.basket
    rows = np.flatnonzero(activity.kind == kinds.PURCHASE)
    visit, ordered_at = activity.visit[rows], activity.at[rows]
    rng = chunk.settings.rng("orders", chunk.number)
    fate = _what_comes_of_orders(chunk.settings, rng, ordered_at)
    base = pl.DataFrame(
        {
            "order_id": chunk.context["order_id"].gather(visit),
            "customer_id": chunk.context["customer_id"].gather(visit),
            "ordered_at": chunk.iso(ordered_at),
            "currency": pl.Series([CURRENCY]).new_from_index(0, rows.size),
            "item_amount": money(basket.item_amount[visit]),
            "shipping_amount": money(basket.shipping_amount[visit]),
            "discount_amount": money(basket.discount_amount[visit]),
            "order_amount": money(basket.order_amount[visit]),
            "estimated_delivery_on": chunk.iso.date(fate["estimated_day"]),
        }
    )
    return {
        "orders/orders.parquet": _order_versions(chunk, base, ordered_at, fate),
        "order_items/order_items.parquet": _order_items(chunk, visit, ordered_at),
        "reviews/reviews.parquet": _reviews(chunk, rng, base, fate),
    }


def _what_comes_of_orders(
    settings: Settings, rng: np.random.Generator, ordered_at: np.ndarray
) -> dict[str, np.ndarray]:
    """Moments (microseconds, -1: never) of delivery, cancellation and return of each order.

    What would lie after the period's end has not happened yet.
    """
    count, end = ordered_at.size, settings.period_end
    travel = np.exp(rng.normal(np.log(4.2), 0.45, count)) * DAY
    canceled = rng.random(count) < CANCEL_RATE
    canceled_at = ordered_at + rng.integers(10 * MINUTE, 36 * 60 * MINUTE, count)
    canceled_at = np.where(canceled & (canceled_at < end), canceled_at, -1)
    delivered_at = ordered_at + np.maximum(travel, 0.6 * DAY).astype(np.int64)
    delivered_at = np.where(~canceled & (delivered_at < end), delivered_at, -1)
    returned_at = delivered_at + rng.integers(DAY, 15 * DAY, count)
    returns = (delivered_at >= 0) & (returned_at < end) & (rng.random(count) < RETURN_RATE)
    return {
        "canceled_at": canceled_at,
        "delivered_at": delivered_at,
        "returned_at": np.where(returns, returned_at, -1),
        "estimated_day": ordered_at // DAY + rng.integers(5, 11, count),
    }


def _order_versions(
    chunk: Chunk, base: pl.DataFrame, ordered_at: np.ndarray, fate: dict[str, np.ndarray]
) -> pl.DataFrame:
    """Each order as paid, then (later) as delivered or canceled, then as returned."""
    nothing = np.full(ordered_at.size, -1)
    delivered, canceled, returned = fate["delivered_at"], fate["canceled_at"], fate["returned_at"]
    versions = [
        ("paid", ordered_at, nothing, nothing, nothing, (delivered >= 0) | (canceled >= 0)),
        ("canceled", canceled, canceled, nothing, nothing, np.zeros(ordered_at.size, bool)),
        ("delivered", delivered, nothing, nothing, delivered, returned >= 0),
        ("returned", returned, nothing, returned, delivered, np.zeros(ordered_at.size, bool)),
    ]
    frames = []
    for status, at, canceled_at, returned_at, delivered_at, superseded in versions:
        rows = np.flatnonzero(at >= 0)
        frames.append(
            base[rows].select(
                "order_id",
                "customer_id",
                "ordered_at",
                status=pl.lit(status),
                canceled_at=_text_or_null(chunk.iso, canceled_at[rows]),
                returned_at=_text_or_null(chunk.iso, returned_at[rows]),
                currency="currency",
                item_amount="item_amount",
                shipping_amount="shipping_amount",
                discount_amount="discount_amount",
                order_amount="order_amount",
                delivered_at=_text_or_null(chunk.iso, delivered_at[rows]),
                estimated_delivery_on="estimated_delivery_on",
                updated_at=chunk.iso(at[rows]),
                _land=pl.Series((at[rows] // DAY).astype(np.int32)),
                _mark=pl.Series(np.where(superseded[rows], SUPERSEDED, PLAIN).astype(np.uint8)),
            )
        )
    return pl.concat(frames)


def _order_items(chunk: Chunk, visit: np.ndarray, ordered_at: np.ndarray) -> pl.DataFrame:
    """One row per line of the cart that was paid."""
    activity, lines = chunk.activity, chunk.activity.lines
    ordered_of_visit = np.full(activity.visits.count, -1, np.int64)
    ordered_of_visit[visit] = ordered_at
    bought = lines.added & ~lines.removed & (ordered_of_visit[lines.visit] >= 0)
    rows = np.flatnonzero(bought)
    product, of_visit = lines.product[rows], lines.visit[rows]
    quantity = lines.quantity[rows].astype(np.int64)
    starts = np.ones(rows.size, bool)
    starts[1:] = of_visit[1:] != of_visit[:-1]
    place = np.arange(rows.size)
    rank = place - np.maximum.accumulate(np.where(starts, place, 0)) + 1
    order_id = chunk.context["order_id"].gather(of_visit)
    price = chunk.catalogue.price[product]
    return pl.DataFrame(
        {
            "order_item_id": pl.select(
                pl.concat_str(order_id, pl.Series(rank).cast(pl.String), separator="-")
            ).to_series(),
            "order_id": order_id,
            "product_id": pick(chunk.catalogue.ids, product),
            "seller_id": numbered("s", 10 + chunk.catalogue.seller[product]),
            "quantity": quantity,
            "unit_price": money(price),
            "amount": money(price * quantity),
            "_land": (ordered_of_visit[of_visit] // DAY).astype(np.int32),
            "_mark": np.full(rows.size, PLAIN, np.uint8),
        }
    )


def _reviews(chunk: Chunk, rng: np.random.Generator, base: pl.DataFrame, fate: dict[str, np.ndarray]) -> pl.DataFrame:
    """Reviews of delivered orders, one to nine days later; late parcels score worse."""
    delivered = fate["delivered_at"]
    at = delivered + rng.integers(DAY // 4, 9 * DAY, delivered.size)
    written = (delivered >= 0) & (at < chunk.settings.period_end)
    rows = np.flatnonzero(written & (rng.random(delivered.size) < REVIEW_RATE))
    is_late = delivered[rows] // DAY > fate["estimated_day"][rows]
    draw = rng.random(rows.size)
    in_time = np.searchsorted(np.cumsum(SCORES_IN_TIME)[:-1], draw, side="right")
    late = np.searchsorted(np.cumsum(SCORES_LATE)[:-1], draw, side="right")
    order_id = base["order_id"][rows]
    return pl.DataFrame(
        {
            "review_id": pl.select(pl.lit("r") + order_id.str.slice(1)).to_series(),
            "order_id": order_id,
            "score": (1 + np.where(is_late, late, in_time)).astype(np.int32),
            "reviewed_at": chunk.iso(at[rows]),
            "_land": (at[rows] // DAY).astype(np.int32),
            "_mark": np.full(rows.size, PLAIN, np.uint8),
        }
    )


def _text_or_null(iso: IsoText, at: np.ndarray) -> pl.Series:
    text = iso(np.maximum(at, 0))
    frame = pl.DataFrame({"text": text, "at": at})
    return frame.select(pl.when(pl.col("at") >= 0).then("text")).to_series()


def _few(rng: np.random.Generator, count: int, rate: float) -> np.ndarray:
    """A few of `count` positions: at least one where there are any and the rate is not 0."""
    if rate <= 0 or count == 0:
        return np.empty(0, np.int64)
    return np.sort(rng.choice(count, min(count, max(1, round(rate * count))), replace=False))


def _marked(count: int, superseded: np.ndarray) -> np.ndarray:
    mark = np.full(count, PLAIN, np.uint8)
    mark[superseded] = SUPERSEDED
    return mark
