"""One run: the whole landing and its truth, chunk by chunk, then swapped into place."""

from __future__ import annotations

import json
import os
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from footfall.generator.behaviour import live
from footfall.generator.catalogue import Catalogue, make_catalogue
from footfall.generator.entities import (
    known_customers,
    new_customers,
    order_frames,
    products,
)
from footfall.generator.faults import FaultPlanter
from footfall.generator.landing import Landing
from footfall.generator.people import People, make_people
from footfall.generator.pools import Pools, make_pools
from footfall.generator.progress import Progress
from footfall.generator.records import Chunk, IsoText, event_frames, make_chunk
from footfall.generator.settings import Settings
from footfall.generator.truth import Truth, reconciliation
from footfall.generator.visits import (
    BOT,
    BOT_VIEWS,
    SIGN_UP,
    Plan,
    active_rates,
    bot_count,
    bot_visits_per_day,
    guest_ratio,
    sample_visits,
    season,
)

SOURCE = "storefront"
PILOT_VISITS = 10_000
PILOT_DAYS = 4

MAKERS = 2
"""Threads that make chunks; each holds one in memory."""

Frames = dict[str, pl.DataFrame]


class GenerationError(Exception):
    """What is wrong with the request, and the way out, in one line."""


@dataclass(frozen=True)
class World:
    """Everything that is drawn once."""

    settings: Settings
    pools: Pools
    catalogue: Catalogue
    people: People
    iso: IsoText
    plan: Plan


def generate(settings: Settings) -> dict[str, object]:
    """Write a landing folder and its truth; returns the manifest.

    GenerationError when the folder is in use or the arguments contradict each other.
    """
    with _building(settings) as folder:
        world = make_world(settings)
        landing = Landing(settings, folder / SOURCE)
        truth = Truth(settings, world.people, folder / "_truth" / SOURCE)
        _write_days(world, landing, truth)
        rows = reconciliation(settings, landing.counts)
        truth.write(world.catalogue, world.plan, landing.fault_rows(), rows)
        manifest = _manifest(settings, truth, rows)
        text = json.dumps(manifest, indent=2) + "\n"
        (truth.folder / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


def make_world(settings: Settings) -> World:
    """Draw pools, products and people, and find out how many visits make the events wanted."""
    pools = make_pools(settings.seed)
    catalogue = make_catalogue(settings, pools)
    people = make_people(settings, pools)
    iso = IsoText(settings.start, settings.days)
    return World(settings, pools, catalogue, people, iso, _plan(settings, catalogue, people))


def _plan(settings: Settings, catalogue: Catalogue, people: People) -> Plan:
    """Try a few thousand visits to see how many events one brings, and scale to the total."""
    daily = season(settings) * active_rates(settings, people)
    first = max(0, settings.days // 2 - PILOT_DAYS // 2)
    days = range(first, min(first + PILOT_DAYS, settings.days))
    scale = PILOT_VISITS / max(float(daily[days.start : days.stop].sum()), 1e-9)
    pilot = Plan(scale, guest_ratio(settings), 0)
    visits = sample_visits(replace(settings, faults={}), people, pilot, days)
    activity = live(settings, catalogue, visits, days.start)
    per_visit = activity.size[activity.kept].mean() if activity.kept.any() else 1.0
    is_signup = visits.mode == SIGN_UP
    events = activity.size[activity.kept & ~is_signup & (visits.kind != BOT)].sum()
    per_rate = events / PILOT_VISITS
    signups = int(((people.signup_day >= 0) & (people.signup_day < settings.days)).sum())
    bots, bot_rate = bot_count(settings), bot_visits_per_day(settings)
    fixed = signups * per_visit + bots * settings.days * bot_rate * (BOT_VIEWS + 1)
    wanted = settings.events - fixed
    if wanted <= 0:
        raise GenerationError(
            f"--events {settings.events} is too few for {settings.customers} customers: "
            f"give --events {int(fixed * 1.5) + 100} or more, or fewer --customers"
        )
    return Plan(wanted / per_rate / float(daily.sum()), guest_ratio(settings), bots, bot_rate)


def _write_days(world: World, landing: Landing, truth: Truth) -> None:
    """Chunks are made ahead in other threads; this one takes them in order and writes them."""
    settings = world.settings
    landing.add(_first_day_frames(world))
    progress = Progress(settings.days)
    chunks = enumerate(_chunks(settings))
    with ThreadPoolExecutor(MAKERS) as makers:
        ahead = deque(makers.submit(_make, world, *one) for one in islice(chunks, MAKERS))
        while ahead:
            days, chunk, frames = ahead.popleft().result()
            truth.observe(chunk, frames)
            landing.add(frames)
            ahead.extend(makers.submit(_make, world, *one) for one in islice(chunks, 1))
            del chunk, frames
            landing.write(landing.take_until(days.stop))
            truth.write_parts(truth.take_parts())
            progress.update(days.stop, truth.base_events)
    landing.write(landing.take_until())
    progress.close()


def _chunks(settings: Settings) -> Iterator[range]:
    size = settings.days_per_chunk
    for first in range(0, settings.days, size):
        yield range(first, min(first + size, settings.days))


def _first_day_frames(world: World) -> dict[str, pl.DataFrame]:
    settings = world.settings
    planter = FaultPlanter(settings, world.iso, world.people, 900_000)
    return planter.plant(
        {
            "customers/customers.parquet": known_customers(settings, world.pools, world.people, world.iso),
            "products/products.parquet": products(settings, world.catalogue, world.iso),
        }
    )


def _make(world: World, number: int, days: range) -> tuple[range, Chunk, Frames]:
    """All frames of a chunk by stream. Depends on nothing but its arguments."""
    settings = world.settings
    visits = sample_visits(settings, world.people, world.plan, days)
    activity = live(settings, world.catalogue, visits, days.start)
    chunk = make_chunk(settings, world.pools, world.catalogue, world.iso, number, activity, days.start)
    planter = FaultPlanter(settings, world.iso, world.people, number)
    frames = planter.plant(event_frames(chunk))
    frames |= planter.plant(order_frames(chunk))
    frames["customers/customers.parquet"] = new_customers(chunk, world.people, days)
    return days, chunk, frames


def _manifest(settings: Settings, truth: Truth, rows: pl.DataFrame) -> dict[str, object]:
    totals = rows.group_by("table").agg(pl.col("^.*_count$").sum()).sort("table")
    attempts = truth.event_counts.get("payment_attempted", 0)
    approved = truth.event_counts.get("payment_attempted/approved", 0)
    return {
        "arguments": settings.as_arguments(),
        "events": truth.base_events,
        "payment_attempts": attempts,
        "approved_payments": approved,
        "approval_rate": approved / attempts if attempts else None,
        "first_landed_on": str(rows["landed_on"].min()),
        "last_landed_on": str(rows["landed_on"].max()),
        "tables": {row.pop("table"): row for row in totals.iter_rows(named=True)},
    }


@contextmanager
def _building(settings: Settings) -> Iterator[Path]:
    """A folder beside the landing to build in; on success it takes the landing's place."""
    target = settings.out / SOURCE
    if target.is_dir() and any(target.iterdir()) and not settings.overwrite:
        raise GenerationError(
            f"--out {settings.out}: {target} is not empty; add --overwrite to replace it or give another folder"
        )
    try:
        settings.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GenerationError(f"--out {settings.out} cannot be made: {error.strerror}") from None
    folder = settings.out / f".building-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
        (settings.out / "_truth").mkdir(exist_ok=True)
        for name in (SOURCE, f"_truth/{SOURCE}"):
            _swap(folder / name, settings.out / name, folder / f"old-{name.replace('/', '-')}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(new: Path, target: Path, aside: Path) -> None:
    if target.exists():
        target.rename(aside)
    new.rename(target)


__all__ = ["GenerationError", "World", "generate", "make_world"]
