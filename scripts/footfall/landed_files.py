"""Which landed files are new: by name and content, never by a clock or the newest timestamp in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from footfall.contract import landed_tables, landing_root
from footfall.landing_checks import Problem, landing_problems

REBUILD = "or build everything anew with `dbt build --full-refresh`"


@dataclass(frozen=True)
class LandedFile:
    """A landed file as a build remembers it.

    `source_file` is its path below the landing folder, `source_table` the table it belongs to; `byte_count` its size,
    `modified_us` its modification time in microseconds since 1970, whole milliseconds as Spark tells it, `content_md5` the MD5 of its
    bytes.
    """

    source_file: str
    source_table: str
    byte_count: int
    modified_us: int
    content_md5: str


def known_files(remembered: str | None) -> dict[str, LandedFile]:
    """Files by path, from the JSON array of those that earlier builds loaded; none from NULL."""
    return {row["source_file"]: LandedFile(**row) for row in json.loads(remembered or "[]")}


def landing_problem(source: str, remembered: str | None) -> str:
    """What keeps a build of `source` from starting, in one line; '' when nothing does.

    `remembered` is the JSON array of the files that are loaded; they must be there, and be what they were.
    Raises ValueError for an unknown source.
    """
    known = known_files(remembered)
    problems = [*_history_problems(source, known)] if known else []
    problems += landing_problems(source, known=frozenset(known))
    if not problems:
        return ""
    others = f" (and {len(problems) - 1} more: python scripts/validate.py)" if len(problems) > 1 else ""
    return f"{problems[0]}{others}"


def new_files(source: str, remembered: str | None) -> str:
    """The landed files of `source` that are not `remembered`, as a JSON array sorted by path.

    Raises ValueError with one line when one of them cannot be read as what it should be.
    """
    known = known_files(remembered)
    problem = landing_problem(source, remembered)
    if problem:
        raise ValueError(problem)
    found = [
        LandedFile(name, table, *_size_and_time(path), _md5(path, *_size_and_time(path)))
        for name, table, path in _landed(source)
        if name not in known
    ]
    return json.dumps([asdict(file) for file in sorted(found, key=lambda file: file.source_file)])


def _history_problems(source: str, known: dict[str, LandedFile]) -> Iterator[Problem]:
    """Loaded files that are gone or that say something else now."""
    present = {name: path for name, _, path in _landed(source)}
    for name, file in known.items():
        path = present.get(name)
        if path is None:
            yield Problem(name, "", "was loaded and is gone", f"put it back, {REBUILD}")
        elif (file.byte_count, file.modified_us) != _size_and_time(path) and file.content_md5 != _md5(
            path, *_size_and_time(path)
        ):
            yield Problem(
                name, "", "was loaded and has changed", f"put the old one back and land a new file, {REBUILD}"
            )


def _landed(source: str) -> Iterator[tuple[str, str, Path]]:
    """(path below the landing folder, table, path) of each file."""
    root = f"{landing_root()}/"
    for table in landed_tables(source):
        for path in table.files():
            yield path.removeprefix(root), table.name, Path(path)


def _size_and_time(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns // 1_000_000 * 1000


@cache
def _md5(path: Path, byte_count: int, modified_us: int) -> str:
    """Of the bytes; once per process for a file of that size and time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
