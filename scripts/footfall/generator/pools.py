"""Small pools of plausible text (names, cities, brands, user agents), made once by Faker."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from faker import Faker

COUNTRIES = ("US", "DE", "GB", "FR", "BR", "IN", "ES", "IT")
COUNTRY_SHARES = (0.34, 0.15, 0.13, 0.10, 0.10, 0.08, 0.05, 0.05)
CHANNELS = ("direct", "organic_search", "paid_search", "email", "social", "affiliate")
CHANNEL_SHARES = (0.26, 0.27, 0.18, 0.13, 0.11, 0.05)
CAMPAIGNS = (
    "spring_sale",
    "brand_search",
    "newsletter_weekly",
    "winback_10",
    "summer_launch",
    "creator_collab",
    "back_in_stock",
    "partner_deals",
)
DEVICE_TYPES = ("desktop", "mobile", "tablet")
APP_VERSIONS = ("4.0.0", "4.1.0", "4.2.0", "4.3.0", "4.4.0", "4.5.0")
PAYMENT_METHODS = ("card", "wallet", "pay_later", "bank_transfer")
METHOD_SHARES = (0.55, 0.22, 0.13, 0.10)
WEB_AGENTS_PER_DEVICE = 8
APP_PLATFORMS = ("Android 14", "Android 15", "iOS 17.6", "iOS 18.2")
BOT_AGENT = "Mozilla/5.0 (compatible; PriceScout/2.1)"
SEARCH_WORDS = (
    "water", "shoes", "gift", "lamp", "coffee", "headphones", "backpack", "shampoo", "puzzle",
    "yoga mat", "novel", "charger", "dog food", "tent", "jacket", "pan", "notebook", "vitamin",
)  # fmt: skip


@dataclass(frozen=True)
class Pools:
    """Text pools; each series is gathered from by a code.

    `cities` has one row per city: country (code), city, region, latitude, longitude, sorted by
    country; `city_first[c] : city_first[c + 1]` are the rows of country `c`.
    """

    first_names: pl.Series
    last_names: pl.Series
    cities: pl.DataFrame
    city_first: list[int]
    brands: list[str]
    user_agents: pl.Series


def make_pools(seed: int) -> Pools:
    """Build every pool from a seed of its own."""
    fake = Faker("en_US")
    fake.seed_instance(seed)
    first = sorted({fake.first_name() for _ in range(500)})
    last = sorted({fake.last_name() for _ in range(700)})
    brands = sorted({fake.last_name() for _ in range(90)})[:48]
    cities, city_first = _cities(fake)
    return Pools(
        first_names=pl.Series(first),
        last_names=pl.Series(last),
        cities=cities,
        city_first=city_first,
        brands=brands,
        user_agents=pl.Series(_user_agents(fake)),
    )


def _cities(fake: Faker) -> tuple[pl.DataFrame, list[int]]:
    frames, city_first = [], [0]
    for code, country in enumerate(COUNTRIES):
        found = {place[2]: place for place in (fake.local_latlng(country) for _ in range(60))}
        places = [found[name] for name in sorted(found)][:25]
        frame = pl.DataFrame(
            {
                "country": [code] * len(places),
                "city": [place[2] for place in places],
                "latitude": [float(place[0]) for place in places],
                "longitude": [float(place[1]) for place in places],
            }
        )
        north = pl.col("latitude") >= pl.col("latitude").median()
        east = pl.col("longitude") >= pl.col("longitude").median()
        region = pl.concat_str(
            pl.when(north).then(pl.lit("North")).otherwise(pl.lit("South")),
            pl.when(east).then(pl.lit("east")).otherwise(pl.lit("west")),
        )
        frames.append(frame.with_columns(region=region))
        city_first.append(city_first[-1] + len(places))
    return pl.concat(frames), city_first


def _user_agents(fake: Faker) -> list[str]:
    """Web agents (8 per device type), then one per app platform, then the bots' one."""
    desktop = [fake.firefox() for _ in range(WEB_AGENTS_PER_DEVICE)]
    mobile = [fake.chrome() for _ in range(WEB_AGENTS_PER_DEVICE)]
    tablet = [fake.safari() for _ in range(WEB_AGENTS_PER_DEVICE)]
    apps = [f"FootfallApp ({platform})" for platform in APP_PLATFORMS]
    return [*desktop, *mobile, *tablet, *apps, BOT_AGENT]
