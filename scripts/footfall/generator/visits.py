"""Who comes when: the visits of a few days, before anything happens in them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from footfall.generator.catalogue import CATEGORIES
from footfall.generator.people import (
    APP,
    BOT_SPACE,
    DESKTOP,
    DEVICES,
    GUEST_SPACE,
    MOBILE,
    TABLET,
    WEB,
    People,
    scramble,
)
from footfall.generator.pools import (
    APP_PLATFORMS,
    APP_VERSIONS,
    CAMPAIGNS,
    CHANNEL_SHARES,
    CHANNELS,
    COUNTRY_SHARES,
    WEB_AGENTS_PER_DEVICE,
)
from footfall.generator.settings import DAY, DAY_BEGINS, MINUTE, SESSION_TIMEOUT, Settings

# How a visit comes to carry a customer.
LOGGED_IN, LOGIN_FIRST, LOGIN_AT_CHECKOUT, SIGN_UP, NEVER = 0, 1, 2, 3, 4
HUMAN, GUEST, BOT = 0, 1, 2

WEEKDAY_FACTORS = np.array([0.95, 0.93, 0.95, 1.0, 1.08, 1.12, 0.97])
# share of visits that start in each hour from 04:00 on; the last ones are after midnight
HOUR_WEIGHTS = np.array([4, 6, 12, 22, 32, 38, 42, 44, 50, 46, 42, 42, 46, 54, 66, 80, 88, 82, 58, 34, 18, 9, 5])
FOLLOW_UP_SHARE = 0.12
BOT_CUSTOMERS = 2_000
"""One bot for so many customers."""
BOT_VISITS_PER_DAY = 0.5
BOT_VIEWS = 55
BOT_EVENT_SHARE = 0.05
"""Bots make no more than this share of the events."""
GUEST_SHARE_OF_ANONYMOUS = 0.4
LATEST_END = DAY_BEGINS + DAY - SESSION_TIMEOUT - MINUTE


@dataclass
class Visits:
    """One entry per visit.

    person: customer position or -1; key: the device's number; kind: HUMAN, GUEST or BOT;
    day: day it belongs to; start: microseconds since the start of the period.
    The rest are codes into the pools (-1: none) and the person's hidden traits.
    """

    person: np.ndarray
    key: np.ndarray
    kind: np.ndarray
    mode: np.ndarray
    day: np.ndarray
    start: np.ndarray
    platform: np.ndarray
    device_type: np.ndarray
    agent: np.ndarray
    country: np.ndarray
    channel: np.ndarray
    campaign: np.ndarray
    version: np.ndarray
    impulsive: np.ndarray
    taste: np.ndarray
    buy_factor: np.ndarray
    favourite: np.ndarray
    second_favourite: np.ndarray

    @property
    def count(self) -> int:
        """How many visits there are."""
        return self.person.size

    def take(self, rows: np.ndarray) -> Visits:
        """The visits at these positions (or of this mask)."""
        return Visits(*(getattr(self, column.name)[rows] for column in fields(self)))


def concat_visits(parts: list[Visits]) -> Visits:
    """Several visits tables as one."""
    columns = [column.name for column in fields(Visits)]
    return Visits(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


@dataclass(frozen=True)
class Plan:
    """How many visits each day gets: `customer_scale` turns relative rates into visits a day."""

    customer_scale: float
    guest_ratio: float
    bot_count: int
    bot_visits_per_day: float = 0.0


def bot_count(settings: Settings) -> int:
    """How many bots roam: none where everybody must be known."""
    return max(2, settings.customers // BOT_CUSTOMERS) if settings.anonymous_share > 0 else 0


def bot_visits_per_day(settings: Settings) -> float:
    """Visits of one bot on a day."""
    bots = bot_count(settings)
    if not bots:
        return 0.0
    most = BOT_EVENT_SHARE * settings.events / (bots * settings.days * (BOT_VIEWS + 1))
    return min(BOT_VISITS_PER_DAY, most)


def guest_ratio(settings: Settings) -> float:
    """Visits of guests for each visit of a customer."""
    share = GUEST_SHARE_OF_ANONYMOUS * settings.anonymous_share
    return share / (1 - share)


def season(settings: Settings) -> np.ndarray:
    """Relative traffic by day of the period."""
    days = np.arange(settings.days)
    weekday = (settings.start.weekday() + days) % 7
    yearday = settings.start.timetuple().tm_yday + days
    return WEEKDAY_FACTORS[weekday] * (1 + 0.08 * np.sin(2 * np.pi * (yearday - 80) / 365.25))


def active_rates(settings: Settings, people: People) -> np.ndarray:
    """Sum of the relative visit rates of the people active on each day."""
    days = settings.days
    change = np.bincount(people.first_day, people.visit_rate, minlength=days + 1)[: days + 1]
    gone = np.minimum(people.last_day + 1, days)
    change -= np.bincount(gone, people.visit_rate, minlength=days + 1)[: days + 1]
    return np.maximum(np.cumsum(change)[:days], 0.0)


def sample_visits(settings: Settings, people: People, plan: Plan, days: range) -> Visits:
    """The visits of these days, by start of day and device: what they are, not yet when exactly."""
    first = days.start
    parts = [_signups(settings, people, days)]
    for day in days:
        customers = _customers(settings, people, plan, day)
        parts.append(customers)
        parts.append(_guests(settings, plan, customers.count, day))
        if plan.bot_count:
            parts.append(_bots(settings, plan, day))
    visits = concat_visits(parts)
    rng = settings.rng("visit", first)
    visits.start = _starts(rng, visits)
    visits = _with_follow_ups(settings.rng("follow_up", first), visits)
    _tag(settings, settings.rng("tag", first), visits)
    return visits


def schedule(visits: Visits, rng: np.random.Generator, duration: np.ndarray, period_end: int) -> np.ndarray:
    """Set final starts so that visits of one device are more than the timeout apart.

    `duration` in microseconds per visit. Returns a mask of the visits that fit into their day and
    the period. A visit that must wait starts 30 min and 1 µs after the one before, or later.
    """
    order = np.lexsort((visits.start, visits.day, visits.key))
    key, day = visits.key[order], visits.day[order]
    start, length = visits.start[order], duration[order]
    is_first = np.ones(order.size, bool)
    is_first[1:] = (key[1:] != key[:-1]) | (day[1:] != day[:-1])
    group = np.cumsum(is_first) - 1
    extra = rng.integers(0, 40 * MINUTE, order.size) * (rng.random(order.size) < 0.7)
    pause = np.where(is_first, 0, SESSION_TIMEOUT + 1 + extra)
    # earliest start = latest of (an earlier one's wish + everything that lies between)
    before = np.cumsum(np.concatenate([[0], length[:-1]]) + pause)
    before = before - before[is_first][group]
    day_start = day.astype(np.int64) * DAY
    wish = start - day_start - before + group * (1 << 42)
    final = np.maximum.accumulate(wish) - group * (1 << 42) + before + day_start
    fits = (final + length - day_start <= LATEST_END) & (final + length < period_end)
    visits.start[order] = final
    kept = np.empty(order.size, bool)
    kept[order] = fits
    return kept


def _customers(settings: Settings, people: People, plan: Plan, day: int) -> Visits:
    rng = settings.rng("customers", day)
    active = (people.first_day <= day) & (people.last_day >= day) & (people.signup_day != day)
    cumulative = np.cumsum(np.where(active, people.visit_rate, 0.0), dtype=np.float64)
    total = cumulative[-1] if cumulative.size else 0.0
    expected = plan.customer_scale * season(settings)[day] * total
    count = rng.poisson(expected) if total > 0 else 0
    draw = np.sort(rng.random(count)) * total
    person = np.minimum(np.searchsorted(cumulative, draw, side="right"), people.count - 1)
    number = np.where(rng.random(count) < 0.7, 0, rng.integers(0, DEVICES - 1, count))
    number = np.minimum(number, people.device_count[person] - 1)
    owner = np.where(
        (people.shares_with[person] >= 0) & (rng.random(count) < 0.3),
        people.shares_with[person],
        person,
    )
    borrowed = owner != person
    number = np.where(borrowed, 0, number)
    mode = _modes(settings, rng, count)
    on_shared = borrowed | (people.is_lender[person] & (number == 0))
    if settings.anonymous_share > 0:
        at_shared = np.where(rng.random(count) < 0.85, LOGIN_FIRST, NEVER)
        mode = np.where(on_shared, at_shared, mode)
        mode = np.where(people.signup_day[person] > day, NEVER, mode)
    return _of_people(people, person, owner, number, mode, day)


def _signups(settings: Settings, people: People, days: range) -> Visits:
    """The visit in which a customer signs up: the only one of that day."""
    due = (people.signup_day >= days.start) & (people.signup_day < days.stop)
    person = np.flatnonzero(due)
    mode = np.full(person.size, SIGN_UP)
    number = np.zeros(person.size, np.int64)
    return _of_people(people, person, person, number, mode, people.signup_day[person])


def _of_people(
    people: People,
    person: np.ndarray,
    owner: np.ndarray,
    number: np.ndarray,
    mode: np.ndarray,
    day: int | np.ndarray,
) -> Visits:
    count = person.size
    number = number.astype(np.int64)
    return Visits(
        person=person.astype(np.int64),
        key=owner.astype(np.int64) * DEVICES + number,
        kind=np.full(count, HUMAN, np.int8),
        mode=mode.astype(np.int8),
        day=np.broadcast_to(np.asarray(day, np.int32), count).copy(),
        start=np.zeros(count, np.int64),
        platform=people.platform[owner, number],
        device_type=people.device_type[owner, number],
        agent=people.agent[owner, number],
        country=people.country[person],
        channel=people.channel[person],
        campaign=np.full(count, -1, np.int8),
        version=np.full(count, -1, np.int8),
        impulsive=people.impulsive[person],
        taste=people.taste[person],
        buy_factor=people.buy_factor[person],
        favourite=people.favourite[person],
        second_favourite=people.second_favourite[person],
    )


def _modes(settings: Settings, rng: np.random.Generator, count: int) -> np.ndarray:
    logged_out = rng.random(count) < settings.anonymous_share
    return np.where(logged_out, np.where(rng.random(count) < 0.45, LOGIN_FIRST, LOGIN_AT_CHECKOUT), LOGGED_IN)


def _guests(settings: Settings, plan: Plan, customer_visits: int, day: int) -> Visits:
    """Visitors who never sign up. A guest's key holds for a week, so some come again."""
    rng = settings.rng("guests", day)
    count = rng.poisson(plan.guest_ratio * customer_visits)
    pool = max(1, int(plan.guest_ratio * customer_visits * 5))
    key = GUEST_SPACE + (day // 7) * (1 << 24) + np.sort(rng.integers(0, pool, count))
    return _strangers(key, GUEST, day)


def _bots(settings: Settings, plan: Plan, day: int) -> Visits:
    rng = settings.rng("bots", day)
    count = rng.poisson(plan.bot_visits_per_day, plan.bot_count)
    key = BOT_SPACE + np.repeat(np.arange(plan.bot_count), count)
    return _strangers(key, BOT, day)


def _strangers(key: np.ndarray, kind: int, day: int) -> Visits:
    """Visits without a customer: every trait follows from the device's key."""
    count = key.size
    mixed = scramble(key)
    one, two = (mixed >> 20) / (1 << 20), (mixed & 0xFFFFF) / (1 << 20)
    is_app = (one < 0.35) & (kind == GUEST)
    device_type = np.where(
        is_app,
        np.where(two < 0.86, MOBILE, TABLET),
        np.where((two < 0.68) | (kind == BOT), DESKTOP, np.where(two < 0.93, MOBILE, TABLET)),
    )
    agent = np.where(
        is_app,
        3 * WEB_AGENTS_PER_DEVICE + mixed % len(APP_PLATFORMS),
        device_type * WEB_AGENTS_PER_DEVICE + mixed % WEB_AGENTS_PER_DEVICE,
    )
    if kind == BOT:
        agent = np.where(one < 0.5, 3 * WEB_AGENTS_PER_DEVICE + len(APP_PLATFORMS), agent)
    shares = np.cumsum(COUNTRY_SHARES)[:-1]
    favourite = (mixed >> 7) % len(CATEGORIES)
    return Visits(
        person=np.full(count, -1, np.int64),
        key=key.astype(np.int64),
        kind=np.full(count, kind, np.int8),
        mode=np.full(count, NEVER, np.int8),
        day=np.full(count, day, np.int32),
        start=np.zeros(count, np.int64),
        platform=np.where(is_app, APP, WEB).astype(np.int8),
        device_type=device_type.astype(np.int8),
        agent=agent.astype(np.int8),
        country=np.searchsorted(shares, two, side="right").astype(np.int8),
        channel=((mixed >> 11) % len(CHANNELS)).astype(np.int8),
        campaign=np.full(count, -1, np.int8),
        version=np.full(count, -1, np.int8),
        impulsive=np.zeros(count, bool),
        taste=np.ones(count, np.float32),
        buy_factor=np.full(count, 0.7, np.float32),
        favourite=favourite.astype(np.int8),
        second_favourite=favourite.astype(np.int8),
    )


def _starts(rng: np.random.Generator, visits: Visits) -> np.ndarray:
    """Starts that people would like: hours of the day by their weights, microseconds at random."""
    cumulative = np.concatenate([[0.0], np.cumsum(HOUR_WEIGHTS) / HOUR_WEIGHTS.sum()])
    hours = np.interp(rng.random(visits.count), cumulative, np.arange(cumulative.size))
    # a sign-up keeps clear of the night, so that its visit always fits into its day
    hours = np.where(visits.mode == SIGN_UP, 3 + hours * 0.6, hours)
    within = (hours * 3600 * 1e6).astype(np.int64) + rng.integers(0, 1_000_000, visits.count)
    return visits.day.astype(np.int64) * DAY + DAY_BEGINS + within


def _with_follow_ups(rng: np.random.Generator, visits: Visits) -> Visits:
    """Some people come back on the same device a little later."""
    may = (visits.kind != BOT) & (visits.mode != SIGN_UP)
    again = visits.take(may & (rng.random(visits.count) < FOLLOW_UP_SHARE))
    again.start = again.start + rng.integers(0, 5 * 60 * MINUTE, again.count)
    return concat_visits([visits, again])


def _tag(settings: Settings, rng: np.random.Generator, visits: Visits) -> None:
    """Channel, campaign and app version of each visit."""
    count = visits.count
    usual = rng.random(count) < 0.5
    drawn = np.searchsorted(np.cumsum(CHANNEL_SHARES)[:-1], rng.random(count), side="right")
    visits.channel = np.where(usual, visits.channel, drawn).astype(np.int8)
    paid = np.isin(visits.channel, [2, 3, 4, 5]) & (rng.random(count) < 0.6)
    campaign = (visits.day // 30 + rng.integers(0, 3, count)) % len(CAMPAIGNS)
    visits.campaign = np.where(paid, campaign, -1).astype(np.int8)
    every = max(settings.days / len(APP_VERSIONS), 1e-9)
    newest = np.minimum((visits.day / every).astype(np.int64), len(APP_VERSIONS) - 1)
    behind = np.searchsorted([0.6, 0.85, 0.95], rng.random(count), side="right")
    version = np.maximum(newest - behind, 0)
    visits.version = np.where(visits.platform == APP, version, -1).astype(np.int8)
