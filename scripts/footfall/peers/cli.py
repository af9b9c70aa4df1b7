"""The command line: `python scripts/benchmark.py peers`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from footfall.contract import PROJECT
from footfall.peers.bench import CONTENDERS, FAILED, REFERENCE, WRONG, Limits, Row, compare_contenders
from footfall.peers.charts import draw
from footfall.peers.files import prepare
from footfall.peers.questions import QUESTIONS
from footfall.peers.report import load, machine, save, table

CSV = PROJECT / "docs" / "benchmarks" / "peers.csv"
CHARTS = PROJECT / "docs" / "images"
DAYS = 180
EVENTS_PER_CUSTOMER = 62
EXAMPLES = """the questions:
{questions}

the peers (pip install -r requirements/benchmark.txt; whoever is not installed is reported so):
{peers}

examples:
  python scripts/benchmark.py peers                                     a million events
  python scripts/benchmark.py peers --events 1000000 10000000 --repeat 3
  python scripts/benchmark.py peers --events 100000000 --folder /large/disk
  python scripts/benchmark.py peers --landing data/landing --peers polars_lazy clickhouse
  python scripts/benchmark.py peers --events 1000000 --save             keep the figures and draw the charts
  python scripts/benchmark.py peers --kept                              the table and the charts of the kept figures
"""


def main(arguments: Sequence[str]) -> int:
    """Measures, prints the table of ratios; 0, or 1 when a contender failed or answered otherwise, or nothing could be measured."""
    options = _options(arguments)
    if options.kept:
        _tell_charts(load(CSV))
        _tell(table(load(CSV)))
        return 0
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="peers-") as scratch:
        folder = Path(options.folder) if options.folder else Path(scratch)
        try:
            rows = _measure(options, folder.resolve(), Path(scratch).resolve())
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
    if options.save:
        _tell_charts(save(rows, CSV))
    print(
        f"\n{machine()}\nratios to Footfall; seconds from a ready session to the written answer, start-up not counted\n\n{table(rows)}"
    )
    return 1 if any(row.outcome in (WRONG, FAILED) for row in rows) else 0


def _measure(options: argparse.Namespace, folder: Path, scratch: Path) -> list[Row]:
    """The rows of every landing that is asked for, smallest first."""
    limits = Limits(options.minutes, options.memory, options.process_memory, options.threads, options.repeat)
    rows: list[Row] = []
    landings = [(Path(path).resolve(), None) for path in options.landing or []]
    if not landings:
        landings = [(folder / f"landing_{events}", events) for events in sorted(options.events)]
    for landing, events in landings:
        if events and not (landing / "storefront").is_dir():
            _generate(landing, events)
        if not (landing / "storefront").is_dir():
            raise RuntimeError(f"{landing}: no landing folder. Fix: name one that has a folder storefront.")
        files = prepare(landing, folder / f"files_{landing.name}", _tell)
        rows += compare_contenders(files, scratch, options.peers, options.questions, limits, _tell)
    return rows


def _generate(landing: Path, events: int) -> None:
    _tell(f"generating about {events:,} events (once, not timed)")
    command = [sys.executable, "scripts/generate.py", "--out", str(landing), "--events", str(events)]
    command += ["--customers", str(max(300, events // EVENTS_PER_CUSTOMER)), "--days", str(DAYS), "--truth", "off"]
    command += ["--clickstream-format", "parquet"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError((done.stdout + done.stderr)[-2000:])


def _tell(text: str) -> None:
    print(text, flush=True)


def _tell_charts(rows: Sequence[Row]) -> None:
    for path in draw(rows, CHARTS):
        _tell(f"wrote {path.relative_to(PROJECT)}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    peers = [name for name in CONTENDERS if name != REFERENCE]
    parser = argparse.ArgumentParser(
        prog="benchmark.py peers",
        description="The same questions on the same Parquet files: Footfall's rules, compiled by dbt, beside other engines. "
        "Answers must be equal. One process per question and contender, one after the other.",
        epilog=EXAMPLES.format(
            questions="\n".join(f"  {question.name:<15} {question.asks}" for question in QUESTIONS.values()),
            peers="\n".join(f"  {name:<15} {CONTENDERS[name].title}" for name in peers),
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--events", type=int, nargs="+", default=[1_000_000], help="sizes to generate and measure (1000000)")
    add("--landing", nargs="+", help="landing folders to take instead of generating (mind their sizes)")
    add("--peers", nargs="+", choices=peers, default=peers, help="which peers (all)")
    add("--questions", nargs="+", choices=list(QUESTIONS), default=list(QUESTIONS), help="which questions (all)")
    add("--folder", help="where landings and prepared files are kept for the next time (a temporary folder)")
    add("--repeat", type=int, default=1, help="runs of each, of which the median counts (1)")
    add("--threads", type=int, default=2, help="threads of every engine that can be told (2)")
    add(
        "--memory",
        type=int,
        default=4,
        help="GB for engines that have such a setting: DuckDB, ClickHouse, Spark's driver (4)",
    )
    add("--process-memory", type=float, default=16, help="GB above which any process is ended: out of memory (16)")
    add("--minutes", type=float, default=30, help="minutes per question after which a contender is ended (30)")
    add("--save", action="store_true", help="keep the figures in docs/benchmarks/peers.csv and draw docs/images")
    add("--kept", action="store_true", help="measure nothing: print the table and draw the charts of the kept figures")
    return parser.parse_args(arguments)
