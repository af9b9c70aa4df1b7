"""Days that land one after the other: what each costs, and what a full rebuild of the same files costs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Day:
    """One run: seconds of wall and CPU, seconds inside incremental models and inside all others, size of the database in bytes."""

    landed_on: str
    wall: float
    cpu: float
    peak: float
    incremental: float
    whole: float
    size: int


def landing_days(landing: Path) -> list[str]:
    """Days of arrival that bring orders, sorted: after the last of them only late events still come."""
    return sorted({path.name.removeprefix("landed_on=") for path in landing.glob("storefront/orders/landed_on=*")})


def land_days(landing: Path, target: Path, days: list[str]) -> None:
    """Links the files that landed on `days` into `target`; nothing is copied."""
    for day in days:
        for folder in landing.glob(f"storefront/*/landed_on={day}"):
            link = target / folder.relative_to(landing)
            link.mkdir(parents=True, exist_ok=True)
            for file in folder.iterdir():
                if not (link / file.name).exists():
                    os.link(file, link / file.name)


def seconds_by_kind(results: Path) -> tuple[float, float]:
    """Seconds that dbt's last run spent in incremental models (and in those of the batch that they read), and in all others."""
    executed = json.loads((results / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((results / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    seconds = {True: 0.0, False: 0.0}
    for result in executed:
        node = nodes.get(result["unique_id"])
        if node and node["resource_type"] == "model":
            seconds[node["config"]["materialized"] == "incremental" or node["name"] in OF_THE_BATCH] += result[
                "execution_time"
            ]
    return seconds[True], seconds[False]


OF_THE_BATCH = frozenset(
    ("new_files", "int_events_batched", "int_events_known", "int_visitors_seen", "int_visitors_reidentified")
)


def grow(
    landing: Path, folder: Path, increments: int, run: Callable[[Path, Path, Path], tuple[float, float, float]]
) -> tuple[Day, list[Day], Day]:
    """The base without the last `increments` days, each of these days, and a full rebuild of all.

    `run(landing, database, target)` makes one dbt run and gives its wall and CPU seconds and its peak memory in GB.
    """
    days = landing_days(landing)
    base, rest = days[:-increments], days[-increments:]
    grown = folder / "landing"

    def measured(what: str, database: Path) -> Day:
        wall, cpu, peak = run(grown, database, folder / "target")
        incremental, whole = seconds_by_kind(folder / "target")
        return Day(what, wall, cpu, peak, incremental, whole, database.stat().st_size)

    land_days(landing, grown, base)
    first = measured(f"the first {len(base)} days", folder / "grown.duckdb")
    print(_line(first), flush=True)
    one_by_one = []
    for day in rest:
        land_days(landing, grown, [day])
        one_by_one.append(measured(day, folder / "grown.duckdb"))
        print(_line(one_by_one[-1]), flush=True)
    rebuilt = measured("all anew", folder / "rebuilt.duckdb")
    print(_line(rebuilt), flush=True)
    shutil.rmtree(grown)
    return first, one_by_one, rebuilt


def _line(day: Day) -> str:
    return (
        f"{day.landed_on}: {day.wall:.1f} s wall, {day.cpu:.1f} s CPU, {day.peak:.2f} GB; "
        f"{day.incremental:.1f} s in incremental models, {day.whole:.1f} s in the others; {day.size / 1e9:.2f} GB"
    )
