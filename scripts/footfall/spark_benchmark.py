"""How long a build takes on DuckDB, on Spark in one process and on a cluster of this machine, and what each model shuffles."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from footfall.contract import DATABASE_VARIABLE, LANDING_VARIABLE, PROJECT

ENGINES = {
    "duckdb": "DuckDB, 2 threads",
    "spark": "Spark in one process, local[2]",
    "cluster_1": "a cluster, 1 worker with 1 core",
    "cluster_2": "a cluster, 2 workers with 1 core each",
}
EVENTS_PER_CUSTOMER = 62
DAYS = 36
# Of a plan as Spark's event log has it; the table may have the name of this run (X__new_0123abcd).
CREATED = re.compile(
    r"CreateDataSourceTableAsSelectCommand\nArguments: (?:`\w+`\.)?`(\w+)`\.`(\w+?)(?:__[a-z]+_[0-9a-f]{8})?`,"
)
EXAMPLES = """engines:
{engines}

examples:
  python scripts/benchmark.py spark                                      a million events on every engine
  python scripts/benchmark.py spark --events 1000000 10000000 --folder /large/disk
  python scripts/benchmark.py spark --engines spark --shuffles           and what each model shuffles, per million events
"""


def main(arguments: Sequence[str]) -> int:
    """Measures and prints rows of Markdown tables; 0, or 1 when a build failed."""
    options = _options(arguments)
    folder = Path(options.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    print("| events | engine | seconds | to DuckDB |\n|---|---|---|---|", flush=True)
    shuffled: dict[str, int] = {}
    try:
        for events in sorted(options.events):
            landing, landed = _landing(folder, events)
            seconds: dict[str, float] = {}
            for engine in options.engines:
                work = folder / f"{engine}_{events}"
                work.mkdir(exist_ok=True)
                seconds[engine] = _build(engine, landing, work)
                ratio = f"{seconds[engine] / seconds['duckdb']:.1f}" if "duckdb" in seconds else ""
                print(f"| {landed:,} | {ENGINES[engine]} | {seconds[engine]:.0f} | {ratio} |", flush=True)
                if engine == "spark":
                    shuffled = {name: count * 1_000_000 // landed for name, count in shuffles(work / "events").items()}
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    if options.shuffles:
        print("\n| model | MB shuffled per million events |\n|---|---|")
        for name, count in sorted(shuffled.items(), key=lambda item: -item[1]):
            print(f"| `{name}` | {count / 1e6:.1f} |")
        print(f"| **all** | {sum(shuffled.values()) / 1e6:.1f} |")
    return 0


def _landing(folder: Path, events: int) -> tuple[Path, int]:
    """A generated landing folder of about so many events, made once, and how many it has."""
    landing = folder / f"landing_{events}"
    manifest = landing / "_truth" / "storefront" / "manifest.json"
    if not manifest.is_file():
        command = [sys.executable, "scripts/generate.py", "--out", str(landing), "--events", str(events)]
        command += ["--customers", str(max(300, events // EVENTS_PER_CUSTOMER)), "--days", str(DAYS), "--truth", "off"]
        _run(command, {})
    return landing, json.loads(manifest.read_text(encoding="utf-8"))["events"]


def _build(engine: str, landing: Path, work: Path) -> float:
    """Seconds of `dbt run` from nothing, start-up included; seeds and the cluster are there before."""
    environment = {
        LANDING_VARIABLE: str(landing),
        DATABASE_VARIABLE: str(work / "footfall.duckdb"),
        "FOOTFALL_SPARK": str(work),
        "FOOTFALL_SPARK_EVENTS": str(work / "events"),
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
        "FOOTFALL_SPARK_WORKERS": engine[-1],
        "PYTHON": sys.executable,
    }
    (work / "events").mkdir(exist_ok=True)
    target = "spark_cluster" if engine.startswith("cluster") else engine
    dbt = [str(Path(sys.executable).parent / "dbt")]
    if target == "spark_cluster":
        _run(["scripts/spark_cluster.sh", "start"], environment)
    try:
        _run([*dbt, "seed", "--target", target], environment)
        started = time.monotonic()
        _run([*dbt, "run", "--full-refresh", "--target", target], environment)
        return time.monotonic() - started
    finally:
        if target == "spark_cluster":
            _run(["scripts/spark_cluster.sh", "stop"], environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: failed\n{(done.stdout + done.stderr)[-2000:]}")


def shuffles(folder: Path) -> dict[str, int]:
    """schema.table -> bytes that were written to shuffles for it, from the event logs in `folder` (JSON lines, one file per session)."""
    found: dict[str, int] = defaultdict(int)
    for log in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        tables: dict[int, str] = {}
        roots: dict[int, int] = {}
        executions: dict[int, int] = {}
        for event in _events(log):
            kind = event["Event"].rpartition(".")[2]
            if kind == "SparkListenerSQLExecutionStart":
                roots[event["executionId"]] = event["rootExecutionId"]
                created = CREATED.search(event["physicalPlanDescription"])
                if created:
                    tables[event["executionId"]] = f"{created[1]}.{created[2]}"
            elif kind == "SparkListenerJobStart":
                execution = int(event["Properties"].get("spark.sql.execution.id", -1))
                executions.update(dict.fromkeys(event["Stage IDs"], roots.get(execution, execution)))
            elif kind == "SparkListenerStageCompleted":
                table = tables.get(executions.get(event["Stage Info"]["Stage ID"], -1))
                for value in event["Stage Info"]["Accumulables"]:
                    if table and value["Name"] == "internal.metrics.shuffle.write.bytesWritten":
                        found[table] += int(value["Value"])
    return dict(found)


def _events(log: Path) -> Iterator[dict]:
    with log.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmark.py spark",
        description="dbt run from nothing on DuckDB and on Spark, the same files, one after the other. "
        "Run it with .venv-spark/bin/python; Java has to be there.",
        epilog=EXAMPLES.format(engines="\n".join(f"  {name:<10} {title}" for name, title in ENGINES.items())),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--events", type=int, nargs="+", default=[1_000_000], help="sizes to generate and measure (1000000)")
    add("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES), help="which (all)")
    add("--folder", default="data/spark_benchmark", help="where files, tables and logs are kept (data/spark_benchmark)")
    add("--shuffles", action="store_true", help="tell what each model shuffled, from the event log of `spark`")
    return parser.parse_args(arguments)
