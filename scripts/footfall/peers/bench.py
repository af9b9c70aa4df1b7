"""Runs every contender on every question, each in a process of its own, and compares what they answer."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from statistics import median

from footfall.contract import PROJECT
from footfall.peers.compare import difference
from footfall.peers.compiled import compile_questions
from footfall.peers.files import Files
from footfall.peers.questions import QUESTIONS, Task
from footfall.peers.watch import Watched, watch
from footfall.peers.worker import OUT_OF_MEMORY

REFERENCE = "footfall"
TIMES_OUT = "> {minutes} min"
NO_MEMORY = "out of memory"
NOT_INSTALLED = "not installed"
WRONG = "other answer"
FAILED = "failed"
OK = ""


@dataclass(frozen=True)
class Contender:
    """What people call it, the package that it is made of, and its module (one of contenders/, called as it is)."""

    name: str
    title: str
    package: str
    module: str = ""

    def importable(self) -> str:
        """The full name of the module."""
        return self.module or f"footfall.peers.contenders.{self.name}"


CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(REFERENCE, "Footfall", "duckdb"),
        Contender("duckdb_sql", "DuckDB SQL", "duckdb"),
        Contender("polars_lazy", "Polars", "polars"),
        Contender("clickhouse", "ClickHouse", "chdb"),
        Contender("spark", "PySpark", "pyspark"),
        Contender("pandas_frames", "pandas", "pandas"),
    )
}


@dataclass(frozen=True)
class Limits:
    """What one question may take: minutes, and GB of memory, of the engine's setting and of the whole process."""

    minutes: float = 30
    engine_gb: int = 4
    process_gb: float = 16
    threads: int = 2
    repeat: int = 1


@dataclass(frozen=True)
class Row:
    """One contender's answer to one question. `outcome` is '' or why there is no figure; seconds and GB are 0 then.

    `startup` is what the session took to begin; `wall` and `cpu` go from there to the written answer.
    """

    events: int
    question: str
    contender: str
    outcome: str
    startup: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0


def compare_contenders(
    files: Files, scratch: Path, contenders: Iterable[str], questions: Iterable[str], limits: Limits, tell: Callable
) -> list[Row]:
    """A row per question and contender, Footfall first: whoever answers otherwise than it has `outcome` "other answer"."""
    tell("compiling Footfall's questions with dbt (once, not timed)")
    compiled = compile_questions(files, scratch / "compiled")
    _read_once(files)
    rows = []
    for question in questions:
        reference = ""
        for contender in dict.fromkeys((REFERENCE, *contenders)):
            output = scratch / f"{question}.{contender}.parquet"
            row = _measure(files, compiled, scratch, contender, question, output, limits, tell)
            if row.outcome == OK and not reference:
                reference = str(output)
            elif row.outcome == OK and (other := difference(QUESTIONS[question], reference, str(output))):
                tell(f"{question}: {contender} answers otherwise than the first: {other}")
                row = Row(row.events, question, contender, WRONG)
            rows.append(row)
            tell(line(row))
            if str(output) != reference:
                _remove(output)
        if reference:
            _remove(Path(reference))
    return rows


def _read_once(files: Files) -> None:
    """Reads every file once, so that nobody is the first to wait for the disk."""
    for path in Path(files.folder).rglob("*.parquet"):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def line(row: Row) -> str:
    """A row in words."""
    head = f"{row.events:>11,} events  {row.question:<14}  {row.contender:<13}"
    if row.outcome:
        return f"{head}  {row.outcome}"
    return f"{head}  {row.wall:8.2f} s  {row.cpu:8.2f} s CPU  {row.peak:6.2f} GB  (started in {row.startup:.1f} s)"


def is_installed(contender: str) -> bool:
    """Whether the contender's package is there."""
    try:
        metadata.version(CONTENDERS[contender].package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _measure(
    files: Files,
    compiled: Path,
    scratch: Path,
    contender: str,
    question: str,
    output: Path,
    limits: Limits,
    tell: Callable,
) -> Row:
    """The median run of as many as are asked for; the first that fails ends it."""
    if not is_installed(contender):
        return Row(files.events, question, contender, NOT_INSTALLED)
    runs = []
    for _ in range(limits.repeat):
        _remove(output)
        with_scratch = scratch / "work"
        shutil.rmtree(with_scratch, ignore_errors=True)
        with_scratch.mkdir()
        task = Task(
            question=question,
            folder=files.folder,
            output=str(output),
            scratch=str(with_scratch),
            as_of_date=files.as_of_date,
            anchor_product_id=files.anchor_product_id,
            compiled=str(compiled),
            threads=limits.threads,
            memory_gb=limits.engine_gb,
        )
        row = _run(task, contender, files.events, limits, tell)
        shutil.rmtree(with_scratch, ignore_errors=True)
        if row.outcome:
            return row
        runs.append(row)
    middle = median(run.wall for run in runs)
    return min(runs, key=lambda run: abs(run.wall - middle))


def _run(task: Task, contender: str, events: int, limits: Limits, tell: Callable) -> Row:
    environment = {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT / "scripts"), os.environ.get("PYTHONPATH")))),
        "POLARS_MAX_THREADS": str(task.threads),
        "POLARS_TEMP_DIR": task.scratch,
        "TZ": "UTC",
    }
    command = [
        sys.executable,
        "-m",
        "footfall.peers.worker",
        CONTENDERS[contender].importable(),
        json.dumps(asdict(task)),
    ]
    words = Path(task.scratch).with_suffix(".out")
    watched = watch(command, environment, limits.minutes * 60, limits.process_gb, words)
    outcome = _outcome(watched, limits)
    if outcome == FAILED:
        tell(f"{task.question}: {contender} failed: {_last_line(watched.words)}")
    if outcome:
        return Row(events, task.question, contender, outcome)
    times = Path(f"{task.output}.times")
    seconds = json.loads(times.read_text(encoding="utf-8"))
    times.unlink()
    seconds["peak"] = max(seconds["peak"], watched.peak)
    return Row(events, task.question, contender, OK, **seconds)


def _outcome(watched: Watched, limits: Limits) -> str:
    if watched.stopped == "time":
        return TIMES_OUT.format(minutes=f"{limits.minutes:g}")
    if watched.stopped == "memory" or watched.code in (OUT_OF_MEMORY, -9):
        return NO_MEMORY
    return OK if watched.code == 0 else FAILED


def _last_line(words: str) -> str:
    lines = [text for text in words.splitlines() if text.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    Path(f"{path}.times").unlink(missing_ok=True)
