"""Wall time, CPU time and peak memory of commands, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE, LANDING_VARIABLE, PROJECT
from footfall.growth import grow
from footfall.inflation import MODELS, inflate
from footfall.peers.watch import watch

EXAMPLES = """examples:
  python scripts/benchmark.py generator                      the default size
  python scripts/benchmark.py generator --events 10000000    ten million events over 36 days
  python scripts/benchmark.py build                          dbt build of the default data, with every data test
  python scripts/benchmark.py snapshots                      a million customers at twelve month ends, from copies of the built shop
  python scripts/benchmark.py increments --events 10000000 --days 40 --increments 10
                                                             the last ten of forty days one by one, a full rebuild, and the first
                                                             and the last of the ten again by turns
  python scripts/benchmark.py peers --help                   the same questions asked of other engines
  python scripts/benchmark.py spark --help                   the same build on Apache Spark
  python scripts/benchmark.py dashboard --help               the dashboard's pages, and many viewers at once
"""
PEERS = "peers"
SPARK = "spark"
DASHBOARD = "dashboard"
TURNS = 5


@dataclass(frozen=True)
class Measurement:
    """`wall` and `cpu` in seconds, `peak` resident memory in GB of a command and its children."""

    wall: float
    cpu: float
    peak: float


def measure(command: list[str], environment: dict[str, str]) -> Measurement:
    """Runs a command to its end. Raises RuntimeError with its last words when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        watched = watch(command, environment, math.inf, math.inf, Path(folder) / "words", PROJECT)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if watched.code != 0:
        raise RuntimeError(watched.words)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measurement(wall, cpu, watched.peak)


def main(arguments: list[str] | None = None) -> int:
    """Measures what is asked for and prints a row of a Markdown table; 0, or 1 when the command failed."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == [PEERS]:
        from footfall.peers.cli import main as compare_peers

        return compare_peers(arguments[1:])
    if arguments[:1] == [SPARK]:
        from footfall.spark_benchmark import main as measure_spark

        return measure_spark(arguments[1:])
    if arguments[:1] == [DASHBOARD]:
        from footfall.dashboard_benchmark import main as measure_dashboard

        return measure_dashboard(arguments[1:])
    options = _options(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        try:
            row = MEASURES[options.what](Path(folder), options)
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
    print(f"| {_machine()} | {row} |")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmark.py",
        description="Measure the generator, the build, the customer snapshots or increments.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=[*MEASURES, PEERS, SPARK, DASHBOARD])
    parser.add_argument("--events", type=int, help="events to generate (default size)")
    parser.add_argument("--days", type=int, help="days to spread them over (180; 36 with --events)")
    parser.add_argument("--increments", type=int, default=10, help="days that land one by one, at the end (10)")
    parser.add_argument("--landing", help="a generated landing folder to take instead of generating one")
    parser.add_argument("--customers", type=int, default=1_000_000, help="customers of the snapshots (1,000,000)")
    parser.add_argument("--months", type=int, default=12, help="months of the snapshots (12)")
    parser.add_argument("--folder", help="where to write (a temporary folder; mind the disk: 20 GB per 100 M events)")
    return parser.parse_args(arguments)


def _generate(folder: Path, *arguments: str) -> tuple[Measurement, int]:
    """A measured generation and the number of events it wrote."""
    command = [sys.executable, "scripts/generate.py", "--out", str(folder), *arguments]
    measured = measure(command, {})
    manifest = json.loads((folder / "_truth" / "storefront" / "manifest.json").read_text(encoding="utf-8"))
    return measured, manifest["events"]


def _generator(folder: Path, options: argparse.Namespace, landing: Path | None = None) -> str:
    arguments: list[str] = []
    if options.events:
        customers = max(300, options.events // 62)
        arguments = ["--events", str(options.events), "--customers", str(customers)]
        arguments += ["--days", str(options.days or 36), "--truth", "off"]
    measured, events = _generate(landing or folder / "landing", *arguments)
    rate = events / measured.wall
    return f"{events:,} | {measured.wall:.1f} | {measured.cpu:.1f} | {rate:,.0f} | {measured.peak:.2f} GB"


def _build(folder: Path, _: argparse.Namespace) -> str:
    generated, events = _generate(folder / "landing")
    environment = {LANDING_VARIABLE: str(folder / "landing"), DATABASE_VARIABLE: str(folder / "footfall.duckdb")}
    built = measure([sys.executable, "scripts/run.py"], environment)
    return (
        f"{events:,} | {generated.wall + built.wall:.1f} | {generated.wall:.1f} | "
        f"{generated.cpu + built.cpu:.1f} | {max(generated.peak, built.peak):.2f} GB"
    )


def _snapshots(folder: Path, options: argparse.Namespace) -> str:
    built = Path(os.environ.get(DATABASE_VARIABLE, PROJECT / DEFAULT_DATABASE))
    if not built.is_file():
        raise RuntimeError(
            f"{built}: no database here. Fix: run `make run` first, or name one with {DATABASE_VARIABLE}."
        )
    customers, days = inflate(built, folder / "shop.duckdb", options.customers, options.months)
    command = [str(Path(sys.executable).parent / "dbt"), "run", "--target-path", str(folder / "target"), "-s", *MODELS]
    measured = measure(command, {DATABASE_VARIABLE: str(folder / "shop.duckdb")})
    with duckdb.connect(str(folder / "shop.duckdb"), read_only=True) as connection:
        rows = connection.execute("select count(*) from intermediate.int_customers_scored").fetchone()[0]
    return f"{customers:,} | {days} | {rows:,} | {measured.wall:.1f} | {measured.cpu:.1f} | {measured.peak:.2f} GB"


def _increments(folder: Path, options: argparse.Namespace) -> str:
    landing = Path(options.landing) if options.landing else folder / "all"
    if not options.landing:
        _generator(folder, options, landing)

    def run(landing: Path, database: Path, target: Path) -> tuple[float, float, float]:
        command = [str(Path(sys.executable).parent / "dbt"), "build", "--target-path", str(target)]
        command += ["--exclude-resource-type", "test", "unit_test"]
        measured = measure(command, {LANDING_VARIABLE: str(landing), DATABASE_VARIABLE: str(database)})
        return measured.wall, measured.cpu, measured.peak

    grown = grow(landing, folder, options.increments, TURNS, run)
    first, days, rebuilt = grown.base, grown.days, grown.rebuilt
    wall, cpu = median(day.wall for day in days), median(day.cpu for day in days)
    return (
        f"{first.wall:.0f} | {rebuilt.wall:.0f} | {rebuilt.cpu:.0f} | {wall:.1f} | {cpu:.1f} | "
        f"{grown.ratio('incremental'):.2f} | {grown.ratio('whole'):.2f} | {days[-1].size / rebuilt.size:.2f} | "
        f"{max(day.peak for day in (first, *days, rebuilt)):.2f} GB"
    )


MEASURES = {"generator": _generator, "build": _build, "snapshots": _snapshots, "increments": _increments}


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores"
