"""What was measured, as a table of ratios, as rows of a CSV that stays, and what the machine and the engines were."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from importlib import metadata
from pathlib import Path

from footfall.peers.bench import CONTENDERS, OK, REFERENCE, Row
from footfall.peers.questions import QUESTIONS

MEASURES = {"wall seconds": "wall", "CPU seconds": "cpu", "peak memory, GB": "peak"}
PACKAGES = {"dbt-duckdb": "dbt-duckdb", "chdb-core": "chdb-core", "pyarrow": "pyarrow"}


def table(rows: Sequence[Row]) -> str:
    """Markdown: per number of events, question and measure a line of ratios to Footfall, whose own figure stands in its column."""
    contenders = [name for name in CONTENDERS if any(row.contender == name for row in rows)]
    titles = [CONTENDERS[name].title for name in contenders]
    lines = [
        f"| events | question | measure | {' | '.join(titles)} |",
        f"|---{'|---' * (len(titles) + 2)}|",
    ]
    for events in sorted({row.events for row in rows}):
        of_size = [row for row in rows if row.events == events]
        for question in [name for name in QUESTIONS if any(row.question == name for row in of_size)]:
            by_name = {row.contender: row for row in of_size if row.question == question}
            for measure, column in MEASURES.items():
                cells = [_cell(by_name.get(name), by_name.get(REFERENCE), column) for name in contenders]
                lines.append(f"| {events:,} | {question} | {measure} | {' | '.join(cells)} |")
        for measure, column in MEASURES.items():
            cells = [_total(of_size, name, column) for name in contenders]
            lines.append(f"| {events:,} | **all** | {measure} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: Row | None, reference: Row | None, column: str) -> str:
    if row is None:
        return ""
    if row.outcome != OK:
        return row.outcome
    value = getattr(row, column)
    if row.contender == REFERENCE:
        return f"{value:.2f} = 1"
    if reference is None or reference.outcome != OK or not getattr(reference, column):
        return f"{value:.2f}"
    return f"{value / getattr(reference, column):.2f}"


def _total(rows: Sequence[Row], contender: str, column: str) -> str:
    """The ratio of sums (of memory: of maxima) over the questions that both answered; how many, where not all."""
    combine: Callable = max if column == "peak" else sum
    own = {row.question: getattr(row, column) for row in rows if row.contender == contender and row.outcome == OK}
    reference = {row.question: getattr(row, column) for row in rows if row.contender == REFERENCE and row.outcome == OK}
    both = [question for question in own if question in reference]
    if not both:
        return ""
    value, unit = combine(own[q] for q in both), combine(reference[q] for q in both)
    asked = len({row.question for row in rows})
    note = "" if len(both) == asked else f" ({len(both)} of {asked})"
    return f"{value:.2f} = 1{note}" if contender == REFERENCE else f"{value / unit:.2f}{note}"


def machine() -> str:
    """The processor, its cores, the memory, and the version of every engine that is there, in one line each."""
    engines = {contender.title: contender.package for contender in CONTENDERS.values()} | PACKAGES
    found = []
    for title, package in engines.items():
        with suppress(metadata.PackageNotFoundError):
            version = metadata.version(package)
            found.append(f"{title} {version}" if package in title.lower() else f"{title} ({package} {version})")
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory():.0f} GB of memory, {platform.system()}, "
        f"Python {platform.python_version()}\n{', '.join(found)}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()} ({platform.machine()})"
    return platform.processor() or platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def save(rows: Sequence[Row], path: Path) -> list[Row]:
    """Puts the rows into the CSV, in place of older ones for the same events, question and contender; gives all that it has then."""
    kept = {(row.events, row.question, row.contender): row for row in [*load(path), *rows]}
    contenders, questions = list(CONTENDERS), list(QUESTIONS)
    ordered = sorted(
        kept.values(), key=lambda row: (row.events, questions.index(row.question), contenders.index(row.contender))
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Row)])
        for row in ordered:
            writer.writerow([f"{v:.3f}" if isinstance(v, float) else v for v in asdict(row).values()])
    return ordered


def load(path: Path) -> list[Row]:
    """The rows of the CSV; none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(
                int(row["events"]), row["question"], row["contender"], row["outcome"],
                *(float(row[name]) for name in ("startup", "wall", "cpu", "peak")),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip
