"""The customers and everything about them that no landed file says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from footfall.generator.catalogue import CATEGORIES
from footfall.generator.pools import (
    APP_PLATFORMS,
    CHANNEL_SHARES,
    CHANNELS,
    COUNTRY_SHARES,
    WEB_AGENTS_PER_DEVICE,
    Pools,
)
from footfall.generator.settings import Settings

DEVICES = 4
"""Device numbers per customer that are set aside; at most three are used."""
NEW_SHARE_PER_YEAR = 1.0
"""Sign-ups in a year for each customer; never more than half of the customers are new."""
IMPULSIVE_SHARE = 0.04
SHARED_DEVICE_SHARE = 0.015
APP, WEB = 0, 1
DESKTOP, MOBILE, TABLET = 0, 1, 2
VISITOR_MODULUS = 2**40
VISITOR_MULTIPLIER = 764_111_939_317
GUEST_SPACE = 1 << 37
BOT_SPACE = 2 << 37
ORPHAN_SPACE = 3 << 37


@dataclass(frozen=True)
class People:
    """One entry per customer.

    Days count from the start: `signup_day` is negative for those known before; `first_day` is the
    first day of (anonymous) visits, `last_day` the last day of any. `visit_rate` is relative until
    `scaled`. `shares_with` is the customer whose main device this one also uses (-1: nobody).
    """

    visit_rate: np.ndarray
    hazard: np.ndarray
    signup_day: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray
    taste: np.ndarray
    buy_factor: np.ndarray
    favourite: np.ndarray
    second_favourite: np.ndarray
    impulsive: np.ndarray
    country: np.ndarray
    city: np.ndarray
    channel: np.ndarray
    device_count: np.ndarray
    platform: np.ndarray
    device_type: np.ndarray
    agent: np.ndarray
    shares_with: np.ndarray
    is_lender: np.ndarray

    @property
    def count(self) -> int:
        """How many customers there are."""
        return self.visit_rate.size


def make_people(settings: Settings, pools: Pools) -> People:
    """Draw the population of a seed."""
    count = settings.customers
    rng = settings.rng("people")
    signup_day = _signup_days(rng, settings)
    hazard = rng.gamma(1.3, 1 / 160, count)
    lifetime = rng.exponential(1.0, count) / np.maximum(hazard, 1e-6)
    last_day = np.minimum(np.maximum(signup_day, 0) + lifetime, 30_000)
    before = rng.geometric(1 / 6, count) * (rng.random(count) < 0.5)
    before = before if settings.anonymous_share > 0 else np.zeros(count, np.int64)
    country = rng.choice(len(COUNTRY_SHARES), count, p=COUNTRY_SHARES)
    city_first = np.array(pools.city_first)
    city_count = np.diff(city_first)[country]
    platform, device_type, agent = _devices(rng, count)
    shares_with = _sharing(rng, count)
    is_lender = np.zeros(count, bool)
    is_lender[shares_with[shares_with >= 0]] = True
    favourite = rng.integers(0, len(CATEGORIES), (2, count), dtype=np.int8)
    return People(
        visit_rate=rng.gamma(0.9, 1.0, count).astype(np.float32),
        hazard=hazard.astype(np.float32),
        signup_day=signup_day.astype(np.int32),
        first_day=np.maximum(signup_day - before, 0).astype(np.int32),
        last_day=last_day.astype(np.int32),
        taste=np.exp(rng.normal(0, 0.35, count)).astype(np.float32),
        buy_factor=np.exp(rng.normal(0, 0.4, count)).astype(np.float32),
        favourite=favourite[0],
        second_favourite=favourite[1],
        impulsive=_impulsive(rng, count),
        country=country.astype(np.int8),
        city=(city_first[country] + np.minimum(rng.random(count) ** 1.5, 0.999) * city_count).astype(np.int16),
        channel=rng.choice(len(CHANNELS), count, p=CHANNEL_SHARES).astype(np.int8),
        device_count=(1 + (rng.random(count) < 0.45) + (rng.random(count) < 0.1)).astype(np.int8),
        platform=platform,
        device_type=device_type,
        agent=agent,
        shares_with=shares_with,
        is_lender=is_lender,
    )


def scramble(number: np.ndarray) -> np.ndarray:
    """Numbers below 2**40 to others, one to one, so that an id gives nothing away."""
    scrambled = number.astype(np.uint64) * np.uint64(VISITOR_MULTIPLIER)
    return (scrambled & np.uint64(VISITOR_MODULUS - 1)).astype(np.int64)


def _signup_days(rng: np.random.Generator, settings: Settings) -> np.ndarray:
    count = settings.customers
    known = rng.random(count) >= min(0.5, NEW_SHARE_PER_YEAR * settings.days / 365)
    during = rng.integers(0, settings.days, count)
    return np.where(known, -rng.integers(1, 700, count), during)


def _impulsive(rng: np.random.Generator, count: int) -> np.ndarray:
    impulsive = rng.random(count) < IMPULSIVE_SHARE
    impulsive[0] = True
    return impulsive


def _devices(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Platform, device type and user agent of each customer's devices: (count, 3) each."""
    shape = (count, 3)
    app_share = np.array([0.62, 0.12, 0.3])
    platform = np.where(rng.random(shape) < app_share, APP, WEB)
    draw = rng.random(shape)
    on_app = np.where(draw < 0.86, MOBILE, TABLET)
    on_web = np.where(draw < 0.68, DESKTOP, np.where(draw < 0.93, MOBILE, TABLET))
    device_type = np.where(platform == APP, on_app, on_web)
    app_agent = 3 * WEB_AGENTS_PER_DEVICE + rng.integers(0, len(APP_PLATFORMS), shape)
    web_agent = device_type * WEB_AGENTS_PER_DEVICE
    web_agent = web_agent + rng.integers(0, WEB_AGENTS_PER_DEVICE, shape)
    agent = np.where(platform == APP, app_agent, web_agent)
    return platform.astype(np.int8), device_type.astype(np.int8), agent.astype(np.int8)


def _sharing(rng: np.random.Generator, count: int) -> np.ndarray:
    """Whose main device each customer also uses; lenders do not borrow."""
    borrows = rng.random(count) < SHARED_DEVICE_SHARE
    borrows[min(3, count - 1)] = count > 1
    borrows &= np.arange(count) % 2 == 1
    return np.where(borrows, np.arange(count) - 1, -1)
