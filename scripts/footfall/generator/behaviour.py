"""What happens in a visit: views, carts, checkouts, attempts to pay, as one array of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from footfall.generator.catalogue import Catalogue
from footfall.generator.payments import Attempts, make_attempts
from footfall.generator.settings import MINUTE, SECOND, SESSION_TIMEOUT, Settings
from footfall.generator.visits import (
    BOT,
    BOT_VIEWS,
    LOGGED_IN,
    LOGIN_AT_CHECKOUT,
    LOGIN_FIRST,
    NEVER,
    SIGN_UP,
    Visits,
    schedule,
)

# Kinds of events. Below CART_ADD they go to the clickstream.
PAGE_HOME, PAGE_CATEGORY, PAGE_CART, VIEW, SEARCH, LOGIN, SIGNED_UP, CHECKOUT, PURCHASE = range(9)
CART_ADD, CART_REMOVE, PAYMENT = 9, 10, 11
DROPPED = 99

MEDIAN_GAP_SECONDS = 14.0
ANCHOR_VIEW_RATE = 0.05
ANCHOR_ADD_RATE = 0.6
PAIR_VIEW_RATE = 0.75
PAIR_ADD_RATE = 0.02
COMPLEMENT_VIEW_RATE = 0.35
REMOVE_RATE = 0.07


@dataclass
class Activity:
    """Everything that happened in some visits.

    Per event (in the order of visits and of time in them): visit, kind, product (-1: none),
    at (microseconds since the start), line (row of the view table for VIEW and CART_*, row of the
    attempts for PAYMENT, else -1). Per product line of the view table: quantity, is_ordered.
    Per visit: first (position of its first event), size, duration, kept, order (row among the
    checkouts or -1), login_at (position in the visit from which the customer is known).
    """

    visits: Visits
    visit: np.ndarray
    kind: np.ndarray
    product: np.ndarray
    at: np.ndarray
    line: np.ndarray
    first: np.ndarray
    size: np.ndarray
    duration: np.ndarray
    kept: np.ndarray
    login_at: np.ndarray
    lines: Lines
    basket: Basket
    attempts: Attempts


@dataclass
class Lines:
    """The products looked at: visit, product, and whether (and how many) went into the cart."""

    visit: np.ndarray
    product: np.ndarray
    added: np.ndarray
    removed: np.ndarray
    quantity: np.ndarray
    page_before: np.ndarray
    search_before: np.ndarray
    doubled: np.ndarray


@dataclass
class Basket:
    """Per visit: what its checkout is about. Amounts in cents; all zero without a checkout."""

    has_checkout: np.ndarray
    pays: np.ndarray
    item_amount: np.ndarray
    shipping_amount: np.ndarray
    discount_amount: np.ndarray

    @property
    def order_amount(self) -> np.ndarray:
        """What has to be paid, in cents."""
        return self.item_amount + self.shipping_amount - self.discount_amount


def live(settings: Settings, catalogue: Catalogue, visits: Visits, seed_day: int) -> Activity:
    """Let the visits happen. `seed_day` names the random stream (the chunk's first day)."""
    lines = _lines(settings, catalogue, visits, settings.rng("lines", seed_day))
    basket = _basket(settings, catalogue, visits, lines, settings.rng("basket", seed_day))
    attempts = make_attempts(settings, settings.rng("attempts", seed_day), visits, basket.pays, basket.order_amount)
    activity = _lay_out(settings, visits, lines, basket, attempts)
    _set_times(settings, activity, seed_day)
    return activity


def _lines(settings: Settings, catalogue: Catalogue, visits: Visits, rng: np.random.Generator) -> Lines:
    views = np.floor(rng.exponential(3.6, visits.count)).astype(np.int64) + 1
    views = np.where(rng.random(visits.count) < 0.18, 0, np.minimum(views, 40))
    is_bot = visits.kind == BOT
    bot_views = 25 + rng.poisson(BOT_VIEWS - 25, visits.count)
    views = np.where(is_bot, bot_views, views)
    visit = np.repeat(np.arange(visits.count, dtype=np.int32), views)
    count = visit.size
    product = _products(catalogue, visits, visit, rng)
    human = ~is_bot[visit]
    draw = rng.random(count, dtype=np.float32)
    rate = settings.scenario.add_rate * visits.buy_factor[visit]
    rate = np.where(visits.impulsive[visit], np.maximum(rate * 2.2, 0.4), rate)
    rate[product == catalogue.anchor] = ANCHOR_ADD_RATE
    rate[np.isin(product, catalogue.pairs)] = PAIR_ADD_RATE
    added = (draw < rate) & human
    _follow(catalogue, visit, product, added, human, rng)
    extra = rng.random((2, count), dtype=np.float32)
    quantity = 1 + (rng.random(count, dtype=np.float32) < 0.12)
    at_anchor = product == catalogue.anchor
    quantity = np.where(at_anchor, rng.integers(1, 7, count), quantity)
    return Lines(
        visit=visit,
        product=product,
        added=added,
        removed=added & (rng.random(count, dtype=np.float32) < REMOVE_RATE),
        quantity=quantity.astype(np.int16),
        page_before=human & (extra[0] < 0.3),
        search_before=human & (extra[0] >= 0.3) & (extra[0] < 0.42),
        doubled=human & (extra[1] < 0.004),
    )


def _products(catalogue: Catalogue, visits: Visits, visit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    draw = rng.random(visit.size, dtype=np.float32)
    category = np.where(
        draw < 0.45,
        visits.favourite[visit],
        np.where(draw < 0.65, visits.second_favourite[visit], -1),
    )
    category = np.where(visits.kind[visit] == BOT, -1, category)
    product = catalogue.choose(rng, category, visits.taste[visit])
    human = visits.kind[visit] != BOT
    to_anchor = human & (rng.random(visit.size, dtype=np.float32) < ANCHOR_VIEW_RATE)
    product[to_anchor] = catalogue.anchor
    return product


def _follow(
    catalogue: Catalogue,
    visit: np.ndarray,
    product: np.ndarray,
    added: np.ndarray,
    human: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Let the view after an addition depend on it, in place.

    After the anchor: one of its pairs, looked at and left. After others: the complement, often
    added too.
    """
    if visit.size < 2:
        return
    same = np.zeros(visit.size, bool)
    same[1:] = (visit[1:] == visit[:-1]) & added[:-1] & human[1:]
    previous = np.roll(product, 1)
    draw = rng.random(visit.size, dtype=np.float32)
    to_pair = np.flatnonzero(same & (previous == catalogue.anchor) & (draw < PAIR_VIEW_RATE))
    partner = catalogue.complement[previous]
    to_partner = np.flatnonzero(same & (partner >= 0) & (draw < COMPLEMENT_VIEW_RATE))
    product[to_pair] = rng.choice(catalogue.pairs, to_pair.size)
    added[to_pair] = False
    product[to_partner] = partner[to_partner]
    added[to_partner] = rng.random(to_partner.size) < 0.6


def _basket(
    settings: Settings,
    catalogue: Catalogue,
    visits: Visits,
    lines: Lines,
    rng: np.random.Generator,
) -> Basket:
    bought = lines.added & ~lines.removed
    cents = catalogue.price[lines.product] * lines.quantity * bought
    item_amount = np.bincount(lines.visit, cents, minlength=visits.count).astype(np.int64)
    rate = np.full(visits.count, settings.scenario.checkout_rate)
    rate[visits.impulsive] = np.maximum(rate[visits.impulsive], 0.75)
    rate[visits.mode == NEVER] = 0.2
    has_checkout = (item_amount > 0) & (rng.random(visits.count) < rate)
    item_amount = item_amount * has_checkout
    shipping = np.where(item_amount < 5_000, 490, 0) * has_checkout
    share = np.where(rng.random(visits.count) < 0.15, rng.integers(1, 5, visits.count) * 5, 0)
    return Basket(
        has_checkout=has_checkout,
        pays=has_checkout & (visits.mode != NEVER),
        item_amount=item_amount,
        shipping_amount=shipping,
        discount_amount=item_amount * share // 100,
    )


def _lay_out(settings: Settings, visits: Visits, lines: Lines, basket: Basket, attempts: Attempts) -> Activity:
    """Give each event its place: head of the visit, blocks of its lines, tail."""
    starts_known = np.isin(visits.mode, [LOGIN_FIRST, SIGN_UP])
    head = 1 + starts_known
    block = 1 + lines.page_before + lines.search_before + lines.doubled + lines.added
    added = np.bincount(lines.visit, lines.added, minlength=visits.count).astype(np.int64)
    removed = np.bincount(lines.visit, lines.removed, minlength=visits.count).astype(np.int64)
    blocks = np.bincount(lines.visit, block, minlength=visits.count).astype(np.int64)
    looks_at_cart = (added > 0) & (visits.start // SECOND % 5 < 3)
    logs_in = basket.pays & (visits.mode == LOGIN_AT_CHECKOUT)
    tries = np.bincount(attempts.visit, minlength=visits.count)
    approved = np.zeros(visits.count, bool)
    approved[attempts.visit[attempts.is_approved]] = True
    size = head + blocks + removed + looks_at_cart + logs_in + basket.has_checkout
    size = size + tries + approved
    first = np.cumsum(size) - size
    total = int(size.sum())
    kind = np.full(total, PAGE_HOME, np.int8)
    product = np.full(total, -1, np.int16)
    line = np.full(total, -1, np.int32)

    known = np.flatnonzero(starts_known)
    # where nobody is anonymous, the sign-up itself is the first event
    comes_second = int(settings.anonymous_share > 0)
    kind[first[known] + comes_second] = np.where(visits.mode[known] == SIGN_UP, SIGNED_UP, LOGIN)
    _place_lines(lines, block, first + head, blocks, kind, product, line)
    tail = first + head + blocks
    _place_removals(lines, tail, removed, kind, product, line)
    tail = tail + removed
    kind[tail[looks_at_cart]] = PAGE_CART
    tail = tail + looks_at_cart
    kind[tail[logs_in]] = LOGIN
    login_tail = tail - first
    tail = tail + logs_in
    kind[tail[basket.has_checkout]] = CHECKOUT
    tail = tail + basket.has_checkout
    place = tail[attempts.visit] + attempts.number
    kind[place] = PAYMENT
    line[place] = np.arange(attempts.visit.size)
    kind[(tail + tries)[approved]] = PURCHASE

    login_at = np.full(visits.count, 1 << 30, np.int64)
    login_at[visits.mode == LOGGED_IN] = 0
    login_at[known] = comes_second
    login_at[logs_in] = login_tail[logs_in]
    return Activity(
        visits=visits,
        visit=np.repeat(np.arange(visits.count, dtype=np.int32), size),
        kind=kind,
        product=product,
        at=np.empty(0, np.int64),
        line=line,
        first=first,
        size=size,
        duration=np.empty(0, np.int64),
        kept=np.empty(0, bool),
        login_at=login_at,
        lines=lines,
        basket=basket,
        attempts=attempts,
    )


def _place_lines(
    lines: Lines,
    block: np.ndarray,
    where: np.ndarray,
    blocks: np.ndarray,
    kind: np.ndarray,
    product: np.ndarray,
    line: np.ndarray,
) -> None:
    running = np.cumsum(block) - block
    visit_start = np.cumsum(blocks) - blocks
    place = where[lines.visit] + running - visit_start[lines.visit]
    rows = np.arange(lines.visit.size)
    kind[place[lines.page_before]] = PAGE_CATEGORY
    kind[place[lines.search_before]] = SEARCH
    before = lines.page_before | lines.search_before
    product[place[before]] = lines.product[before]
    place = place + before
    for mask, what in ((slice(None), VIEW), (lines.doubled, VIEW), (lines.added, CART_ADD)):
        kind[place[mask]] = what
        product[place[mask]] = lines.product[mask]
        line[place[mask]] = rows[mask]
        place = place + (1 if isinstance(mask, slice) else mask)


def _place_removals(
    lines: Lines,
    tail: np.ndarray,
    removed: np.ndarray,
    kind: np.ndarray,
    product: np.ndarray,
    line: np.ndarray,
) -> None:
    rows = np.flatnonzero(lines.removed)
    visit = lines.visit[rows]
    rank = np.arange(rows.size) - (np.cumsum(removed) - removed)[visit]
    place = tail[visit] + rank
    kind[place], product[place], line[place] = CART_REMOVE, lines.product[rows], rows


def _set_times(settings: Settings, activity: Activity, seed_day: int) -> None:
    """Gaps between events, then starts of visits, then the time of each event, in place."""
    gap = _gaps(activity, settings.rng("gaps", seed_day))
    gap[activity.first] = 0
    running = np.cumsum(gap)
    offset = running - running[activity.first][activity.visit]
    last = activity.first + activity.size - 1
    activity.duration = offset[last]
    rng = settings.rng("schedule", seed_day)
    activity.kept = schedule(activity.visits, rng, activity.duration, settings.period_end)
    activity.at = activity.visits.start[activity.visit] + offset
    activity.kind[~activity.kept[activity.visit]] = DROPPED


def _gaps(activity: Activity, rng: np.random.Generator) -> np.ndarray:
    """Microseconds since the event before, by what the visitor is like."""
    count, visits, visit = activity.kind.size, activity.visits, activity.visit
    seconds = rng.standard_normal(count, dtype=np.float32)
    seconds = np.exp(seconds + np.float32(np.log(MEDIAN_GAP_SECONDS)), out=seconds)
    seconds += np.float32(2.2)
    draw = rng.random(count, dtype=np.float32)
    long_pause = np.flatnonzero(draw < 0.006)
    seconds[long_pause] = rng.uniform(300, 1790, long_pause.size)
    np.minimum(seconds, np.float32(1790), out=seconds)
    hasty = np.flatnonzero(visits.impulsive[visit])
    hasty_gap = np.where(draw[hasty] < 0.45, rng.uniform(0.8, 2.0, hasty.size), seconds[hasty] / 2)
    seconds[hasty] = np.maximum(hasty_gap, 0.8)
    after_approval = np.flatnonzero(activity.kind == PURCHASE)
    seconds[after_approval] = rng.uniform(2.2, 6.0, after_approval.size)
    gap = (seconds.astype(np.float64) * SECOND).astype(np.int64)
    _bot_gaps(activity, rng, gap)
    _double_clicks(activity, rng, gap)
    _edges(activity, rng, gap)
    return gap


def _bot_gaps(activity: Activity, rng: np.random.Generator, gap: np.ndarray) -> None:
    rows = np.flatnonzero((activity.visits.kind == BOT)[activity.visit])
    pace = rng.uniform(0.35, 0.9, activity.visits.count)[activity.visit[rows]]
    gap[rows] = (pace * rng.uniform(0.98, 1.02, rows.size) * SECOND).astype(np.int64)


def _double_clicks(activity: Activity, rng: np.random.Generator, gap: np.ndarray) -> None:
    """The second of two views of one line comes within the second."""
    repeat = np.zeros(activity.kind.size, bool)
    is_view = activity.kind == VIEW
    repeat[1:] = is_view[1:] & is_view[:-1] & (activity.line[1:] == activity.line[:-1])
    rows = np.flatnonzero(repeat)
    gap[rows] = rng.integers(150_000, 900_000, rows.size)


def _edges(activity: Activity, rng: np.random.Generator, gap: np.ndarray) -> None:
    """Plant gaps of exactly the timeout (the visit goes on) and equal timestamps."""
    inner = np.ones(gap.size, bool)
    inner[activity.first] = False
    inner &= (activity.visits.kind != BOT)[activity.visit]
    rows = np.flatnonzero(inner)
    if rows.size == 0:
        return
    gap[rng.choice(rows, max(2, rows.size // 2_500))] = SESSION_TIMEOUT
    same = rng.choice(rows, max(2, rows.size // 500))
    gap[same[activity.kind[same] <= VIEW]] = 0
    assert gap.max() <= 30 * MINUTE
