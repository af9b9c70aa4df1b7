"""Days that land one after the other: what each costs, and what a full rebuild of the same files costs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median


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


@dataclass(frozen=True)
class Growth:
    """The base, the days after it one by one, all of it anew, and the first and the last of these days, repeated by turns.

    By turns, because a machine that others use, too, is not as fast in one hour as in the next.
    """

    base: Day
    days: list[Day]
    rebuilt: Day
    first_again: list[Day]
    last_again: list[Day]

    def ratio(self, kind: str) -> float:
        """The median of what the last day costs by what the first one costs, of each turn; `kind` is a field of Day."""
        return median(
            getattr(last, kind) / getattr(first, kind)
            for first, last in zip(self.first_again, self.last_again, strict=True)
        )


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
    landing: Path,
    folder: Path,
    increments: int,
    repeats: int,
    run: Callable[[Path, Path, Path], tuple[float, float, float]],
) -> Growth:
    """The base without the last `increments` days, each of these days, a full rebuild, and the first and the last day again.

    `run(landing, database, target)` makes one dbt run and gives its wall and CPU seconds and its peak memory in GB.
    """
    days = landing_days(landing)
    base, rest = days[:-increments], days[-increments:]
    grown, target = folder / "landing", folder / "target"

    def measured(what: str, landed: Path, database: Path) -> Day:
        wall, cpu, peak = run(landed, database, target)
        day = Day(what, wall, cpu, peak, *seconds_by_kind(target), database.stat().st_size)
        print(_line(day), flush=True)
        return day

    land_days(landing, grown, base)
    first = measured(f"the first {len(base)} days", grown, folder / "grown.duckdb")
    one_by_one = []
    for day in rest:
        if day in (rest[0], rest[-1]):
            shutil.copy(folder / "grown.duckdb", folder / f"before {day}.duckdb")
        land_days(landing, grown, [day])
        one_by_one.append(measured(day, grown, folder / "grown.duckdb"))
    rebuilt = measured("all anew", grown, folder / "rebuilt.duckdb")
    again: dict[str, list[Day]] = {rest[0]: [], rest[-1]: []}
    for day in again:
        land_days(landing, folder / f"up to {day}", [*base, *rest[: rest.index(day) + 1]])
    for _ in range(repeats):
        for day, runs in again.items():
            shutil.copy(folder / f"before {day}.duckdb", folder / "again.duckdb")
            runs.append(measured(f"{day} again", folder / f"up to {day}", folder / "again.duckdb"))
    return Growth(first, one_by_one, rebuilt, *again.values())


def _line(day: Day) -> str:
    return (
        f"{day.landed_on}: {day.wall:.1f} s wall, {day.cpu:.1f} s CPU, {day.peak:.2f} GB; "
        f"{day.incremental:.1f} s in incremental models, {day.whole:.1f} s in the others; {day.size / 1e9:.2f} GB"
    )
