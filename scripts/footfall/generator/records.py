"""From arrays to the rows of the three event logs, as text that a shop would write.

Frames carry three hidden columns until they land: `_land` (day of arrival, counted from the
start), `_mark` (what becomes of the row, see `marks`) and `_visit` (row of the visits table).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from footfall.generator import behaviour as kinds
from footfall.generator.behaviour import Activity
from footfall.generator.catalogue import CATEGORY_NAMES, Catalogue
from footfall.generator.marks import DUPLICATE, PLAIN
from footfall.generator.payments import FAILURE_REASONS, RESULTS
from footfall.generator.people import APP, scramble
from footfall.generator.pools import (
    APP_VERSIONS,
    CAMPAIGNS,
    CHANNELS,
    COUNTRIES,
    DEVICE_TYPES,
    PAYMENT_METHODS,
    SEARCH_WORDS,
    Pools,
)
from footfall.generator.settings import DAY, GATEWAYS, LATEST_DAYS, SECOND, Settings

EARLIEST_DAY = 1_000
"""Dates go back so many days before the start (customers who were there before)."""
EVENT_NAMES = (
    "page_view", "page_view", "page_view", "view_item", "search", "login", "sign_up",
    "begin_checkout", "purchase",
)  # fmt: skip
FIXED_PATHS = ("/", "/cart", "/checkout", "/search", "/login", "/signup", "/order")
CURRENCY = "USD"


class IsoText:
    """Writes microseconds since the start as `2025-03-01T12:34:56.789012Z`."""

    def __init__(self, start: date, days: int) -> None:
        first = np.datetime64(start, "D").astype(np.int64) - EARLIEST_DAY
        dates = pl.Series(np.arange(first, first + EARLIEST_DAY + days + 4 * LATEST_DAYS))
        self._dates = dates.cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m-%d")
        clock = pl.Series(np.arange(86_400) * SECOND).cast(pl.Datetime("us"))
        self._clock = clock.dt.strftime("T%H:%M:%S.")
        self._micro = pl.Series(np.arange(SECOND)).cast(pl.String).str.zfill(6) + "Z"

    def __call__(self, at: np.ndarray) -> pl.Series:
        """Text of each moment (integers)."""
        day = at // DAY
        rest = at - day * DAY
        second = rest // SECOND
        parts = [
            self._dates.gather(day + EARLIEST_DAY),
            self._clock.gather(second),
            self._micro.gather(rest - second * SECOND),
        ]
        return pl.select(pl.concat_str(parts)).to_series()

    def date(self, day: np.ndarray) -> pl.Series:
        """Text of each day (counted from the start)."""
        return self._dates.gather(day + EARLIEST_DAY)


@dataclass(frozen=True)
class Chunk:
    """What all frames of a chunk are made with. `number` is the chunk's; `rng` for arrivals."""

    settings: Settings
    pools: Pools
    catalogue: Catalogue
    iso: IsoText
    number: int
    activity: Activity
    context: pl.DataFrame
    landing_day: np.ndarray
    copy_rows: np.ndarray
    copy_day: np.ndarray


def pick(pool: tuple[str, ...] | pl.Series, code: np.ndarray) -> pl.Series:
    """Text of each code; -1 gives null."""
    texts = pool if isinstance(pool, pl.Series) else pl.Series(pool)
    texts = texts.extend_constant(None, 1)
    return texts.gather(np.where(code < 0, len(texts) - 1, code))


def numbered(prefix: str, number: np.ndarray) -> pl.Series:
    """Ids such as `e1000000000017`."""
    return pl.select(pl.lit(prefix) + pl.Series(number).cast(pl.String)).to_series()


def customer_ids(person: np.ndarray) -> pl.Series:
    """Customer ids; -1 gives null."""
    text = pl.lit("c") + (pl.col("person") + 100_000).cast(pl.String)
    frame = pl.DataFrame({"person": person})
    return frame.select(pl.when(pl.col("person") >= 0).then(text)).to_series()


def visitor_ids(key: np.ndarray) -> pl.Series:
    """Visitor ids of device keys."""
    return numbered("v", scramble(key))


def money(cents: np.ndarray) -> pl.Series:
    """Cents as decimal(18, 4)."""
    return (pl.Series(cents) / 100).cast(pl.Decimal(18, 4))


def make_chunk(
    settings: Settings,
    pools: Pools,
    catalogue: Catalogue,
    iso: IsoText,
    number: int,
    activity: Activity,
    seed_day: int,
) -> Chunk:
    """Add ids and arrivals to what happened."""
    rng = settings.rng("arrival", seed_day)
    landing_day = activity.at // DAY
    count = landing_day.size
    event_day = landing_day.copy()
    late = np.flatnonzero(rng.random(count, dtype=np.float32) < settings.late_share)
    landing_day[late] += rng.integers(1, LATEST_DAYS + 1, late.size)
    copies = np.flatnonzero(rng.random(count, dtype=np.float32) < settings.twice_share)
    later = np.where(rng.random(copies.size) < 0.5, 0, rng.integers(1, 15, copies.size))
    copy_day = np.minimum(landing_day[copies] + later, event_day[copies] + LATEST_DAYS)
    context = _context(pools, activity, number)
    return Chunk(settings, pools, catalogue, iso, number, activity, context, landing_day, copies, copy_day)


def _context(pools: Pools, activity: Activity, number: int) -> pl.DataFrame:
    """Text that all events of a visit share: one row per visit."""
    visits = activity.visits
    order = 1_000_000_000_000 + number * 100_000_000 + np.arange(visits.count)
    agent = pick(pools.user_agents, visits.agent)
    return pl.DataFrame(
        {
            "visitor_id": visitor_ids(visits.key),
            "customer_id": customer_ids(visits.person),
            "order_id": numbered("o", order),
            "device_type": pick(DEVICE_TYPES, visits.device_type),
            "traffic_channel": pick(CHANNELS, visits.channel),
            "campaign": pick(CAMPAIGNS, visits.campaign),
            "country": pick(COUNTRIES, visits.country),
            "app_version": pick(APP_VERSIONS, visits.version),
            "user_agent": agent,
        }
    )


def event_numbers(chunk: Chunk, rows: np.ndarray) -> np.ndarray:
    """The numbers in the ids of these events."""
    return 1_000_000_000_000 + chunk.number * 1_000_000_000 + rows


def clickstream(chunk: Chunk, platform: int | None) -> pl.DataFrame:
    """The clickstream rows of one platform (None: all), copies included."""
    activity = chunk.activity
    mask = activity.kind < kinds.CART_ADD
    if platform is not None:
        mask &= (activity.visits.platform == platform)[activity.visit]
    rows, land, mark = _with_copies(chunk, mask)
    visit, kind, product = activity.visit[rows], activity.kind[rows], activity.product[rows]
    context = chunk.context
    has_order = (kind == kinds.CHECKOUT) | (kind == kinds.PURCHASE)
    columns = {
        "event_id": numbered("e", event_numbers(chunk, rows)),
        "event_at": chunk.iso(activity.at[rows]),
        "visitor_id": context["visitor_id"].gather(visit),
        "customer_id": _customer(chunk, rows, visit),
        "event_name": pick(EVENT_NAMES, kind),
        "product_id": pick(chunk.catalogue.ids, np.where(kind == kinds.VIEW, product, -1)),
        "order_id": pick(context["order_id"], np.where(has_order, visit, -1)),
        "search_term": pick(SEARCH_WORDS, np.where(kind == kinds.SEARCH, product % len(SEARCH_WORDS), -1)),
        "page_path": _paths(chunk.catalogue, kind, product),
        "device_type": context["device_type"].gather(visit),
        "traffic_channel": context["traffic_channel"].gather(visit),
        "campaign": context["campaign"].gather(visit),
        "country": context["country"].gather(visit),
        "app_version": context["app_version"].gather(visit),
        "user_agent": context["user_agent"].gather(visit),
    }
    return _hidden(columns, land, mark, visit)


def cart_events(chunk: Chunk) -> pl.DataFrame:
    """The cart log's rows, copies included."""
    activity = chunk.activity
    mask = (activity.kind == kinds.CART_ADD) | (activity.kind == kinds.CART_REMOVE)
    rows, land, mark = _with_copies(chunk, mask)
    visit, product = activity.visit[rows], activity.product[rows]
    context = chunk.context
    is_removal = (activity.kind[rows] == kinds.CART_REMOVE).astype(np.int8)
    columns = {
        "event_id": numbered("e", event_numbers(chunk, rows)),
        "event_at": chunk.iso(activity.at[rows]),
        "visitor_id": context["visitor_id"].gather(visit),
        "customer_id": _customer(chunk, rows, visit),
        "event_name": pick(("add_to_cart", "remove_from_cart"), is_removal),
        "product_id": pick(chunk.catalogue.ids, product),
        "quantity": pl.Series(activity.lines.quantity[activity.line[rows]].astype(np.int64)),
        "unit_price": pl.Series(chunk.catalogue.price[product] / 100),
        "device_type": context["device_type"].gather(visit),
        "traffic_channel": context["traffic_channel"].gather(visit),
        "campaign": context["campaign"].gather(visit),
        "country": context["country"].gather(visit),
        "app_version": context["app_version"].gather(visit),
    }
    return _hidden(columns, land, mark, visit)


def payment_attempts(chunk: Chunk) -> pl.DataFrame:
    """The payment log's rows, copies included."""
    activity, attempts = chunk.activity, chunk.activity.attempts
    rows, land, mark = _with_copies(chunk, activity.kind == kinds.PAYMENT)
    visit, attempt = activity.visit[rows], activity.line[rows]
    context = chunk.context
    currency = pl.Series([CURRENCY]).new_from_index(0, rows.size)
    columns = {
        "payment_id": numbered("p", event_numbers(chunk, rows)),
        "attempted_at": chunk.iso(activity.at[rows]),
        "visitor_id": context["visitor_id"].gather(visit),
        "customer_id": _customer(chunk, rows, visit),
        "order_id": context["order_id"].gather(visit),
        "amount": pl.Series(activity.basket.order_amount[visit] / 100),
        "currency": currency,
        "payment_method": pick(PAYMENT_METHODS, attempts.method[attempt]),
        "gateway": pick(GATEWAYS, attempts.gateway[attempt]),
        "installments": pl.Series(attempts.installments[attempt].astype(np.int32)),
        "result": pick(RESULTS, attempts.result[attempt]),
        "failure_reason": pick(FAILURE_REASONS, attempts.reason[attempt]),
        "device_type": context["device_type"].gather(visit),
        "traffic_channel": context["traffic_channel"].gather(visit),
        "campaign": context["campaign"].gather(visit),
        "country": context["country"].gather(visit),
        "app_version": context["app_version"].gather(visit),
    }
    return _hidden(columns, land, mark, visit)


def event_frames(chunk: Chunk) -> dict[str, pl.DataFrame]:
    """The frames of the three logs by stream (`table/file name`)."""
    kind = chunk.settings.clickstream_format
    frames: dict[str, pl.DataFrame] = {}
    if kind == "mixed":
        frames["clickstream/app.jsonl"] = clickstream(chunk, APP)
        frames["clickstream/web.parquet"] = clickstream(chunk, 1 - APP)
    else:
        frames[f"clickstream/clickstream.{kind}"] = clickstream(chunk, None)
    suffix = "jsonl" if kind == "jsonl" else "parquet"
    frames[f"cart_events/cart_events.{suffix}"] = cart_events(chunk)
    frames["payment_attempts/payment_attempts.parquet"] = payment_attempts(chunk)
    return frames


def _with_copies(chunk: Chunk, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the mask and their second arrivals, with the landing day and mark of each."""
    rows = np.flatnonzero(mask)
    copied = mask[chunk.copy_rows]
    copies = chunk.copy_rows[copied]
    land = np.concatenate([chunk.landing_day[rows], chunk.copy_day[copied]])
    mark = np.full(land.size, PLAIN, np.uint8)
    mark[rows.size :] = DUPLICATE
    return np.concatenate([rows, copies]), land, mark


def _customer(chunk: Chunk, rows: np.ndarray, visit: np.ndarray) -> pl.Series:
    activity = chunk.activity
    known = rows - activity.first[visit] >= activity.login_at[visit]
    return pick(chunk.context["customer_id"], np.where(known, visit, -1))


def _paths(catalogue: Catalogue, kind: np.ndarray, product: np.ndarray) -> pl.Series:
    slugs = [name.lower().replace(" & ", "-").replace(" ", "-") for name in CATEGORY_NAMES]
    pool = pl.concat(
        [
            pl.Series(FIXED_PATHS),
            pl.Series([f"/c/{slug}" for slug in slugs]),
            pl.select(pl.lit("/p/") + catalogue.ids).to_series(),
        ]
    )
    fixed = np.array([0, 0, 1, 0, 3, 4, 5, 2, 6])[kind]
    first_category = len(FIXED_PATHS)
    first_product = first_category + len(CATEGORY_NAMES)
    code = np.where(kind == kinds.VIEW, first_product + product, fixed)
    category = first_category + catalogue.category[product]
    return pool.gather(np.where(kind == kinds.PAGE_CATEGORY, category, code))


def _hidden(columns: dict[str, pl.Series], land: np.ndarray, mark: np.ndarray, visit: np.ndarray) -> pl.DataFrame:
    hidden = {
        "_land": pl.Series(land.astype(np.int32)),
        "_mark": pl.Series(mark),
        "_visit": pl.Series(visit),
    }
    return pl.DataFrame({**columns, **hidden})
