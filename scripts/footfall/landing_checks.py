"""What can be wrong with landed files as files: found before a build changes anything."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from footfall.contract import LandedTable, landed_tables, landing_root


@dataclass(frozen=True)
class Problem:
    """One thing to mend: the file (or folder), the field ('' for the whole file), what is wrong and what to do."""

    file: str
    field: str
    what: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.field}" if self.field else self.file
        return f"{where}: {self.what}. Fix: {self.fix}."


def landing_problems(source: str, root: str | None = None, known: frozenset[str] = frozenset()) -> list[Problem]:
    """Everything wrong with the files of `source`, worst first; empty when a build may start.

    Looks at names, headers and footers, not at rows: milliseconds per file; not into those that are `known` (paths below
    the landing folder). Raises ValueError for an unknown source.
    """
    tables = landed_tables(source, root)
    if not any(table.files() for table in tables):
        folder = str(Path(tables[0].patterns[0].split("*")[0]).parent) if tables else source
        return [
            Problem(
                folder,
                "",
                f"there are no files of source '{source}' here",
                "put the files there, or name the landing folder with FOOTFALL_LANDING, "
                "or make demo data with `python scripts/generate.py`",
            )
        ]
    folder = f"{root if root is not None else landing_root()}/"
    return [problem for table in tables for problem in _table_problems(table, {folder + name for name in known})]


def _table_problems(table: LandedTable, known: set[str]) -> list[Problem]:
    files = table.files()
    if not files:
        if table.is_optional:
            return []
        what = f"the table '{table.name}' has no files"
        return [Problem(table.patterns[0], "", what, "land at least one file there; it may have no rows")]
    files = [path for path in files if path not in known]
    parquet = [path for path in files if path.endswith(".parquet")]
    delimited = [path for path in files if path.endswith((".csv", ".csv.gz"))]
    return _day_problems(files) + _parquet_problems(table, parquet) + _csv_problems(table, delimited)


def _day_problems(files: list[str]) -> list[Problem]:
    """Folders whose day of arrival is no day: reading the whole table would fail on one of them."""
    folders = {match[0]: match[1] for path in files if (match := re.search(r".*/landed_on=([^/]*)", path))}
    return [
        Problem(
            folder, "landed_on", f"'{day}' is no day", "name the folder landed_on=YYYY-MM-DD, by the day of arrival"
        )
        for folder, day in folders.items()
        if not _is_day(day)
    ]


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)) and date.fromisoformat(text) is not None
    return False


def _parquet_problems(table: LandedTable, files: list[str]) -> list[Problem]:
    if not files:
        return []
    broken = [path for path in files if not _has_parquet_magic(path)]
    problems = [
        Problem(path, "", "is no whole Parquet file (truncated, or still being written)", "land it again, whole")
        for path in broken
    ]
    readable = [path for path in files if path not in set(broken)]
    columns: dict[str, set[str]] = {path: set() for path in readable}
    with duckdb.connect() as connection:
        for path, column in _parquet_columns(connection, readable, problems):
            columns[path].add(column.lower())
    unreadable = {problem.file for problem in problems}
    return problems + [
        problem
        for path in readable
        if path not in unreadable
        for problem in _missing_columns(table, path, columns[path])
    ]


def _parquet_columns(
    connection: duckdb.DuckDBPyConnection, files: list[str], problems: list[Problem]
) -> list[tuple[str, str]]:
    """(file, column) of every file; a file whose footer cannot be read is added to `problems`."""
    query = "select file_name, name from parquet_schema($files)"
    try:
        return connection.execute(query, {"files": files}).fetchall() if files else []
    except duckdb.Error:
        found = []
        for path in files:
            try:
                found += connection.execute(query, {"files": [path]}).fetchall()
            except duckdb.Error as error:
                reason = str(error).splitlines()[0]
                problems.append(Problem(path, "", f"cannot be read as Parquet ({reason})", "land it again, whole"))
        return found


def _has_parquet_magic(path: str) -> bool:
    size = Path(path).stat().st_size
    if size < 12:
        return False
    with Path(path).open("rb") as file:
        head = file.read(4)
        file.seek(-4, 2)
        return head == b"PAR1" == file.read(4)


def _csv_problems(table: LandedTable, files: list[str]) -> list[Problem]:
    return [problem for path in files for problem in _csv_file_problems(table, path)]


def _csv_file_problems(table: LandedTable, path: str) -> list[Problem]:
    try:
        header = _csv_header(path)
    except (OSError, EOFError, zlib.error) as error:
        return [Problem(path, "", f"cannot be unpacked ({error})", "land it again, whole")]
    if not header:
        return [Problem(path, "", "is empty, not even a header", "land it again, whole")]
    present = [column.strip() for column in header]
    missing = _missing_columns(table, path, {column.lower() for column in present})
    # Columns are read by position, so their order matters as much as their names.
    if missing or [column.lower() for column in present] == [column.lower() for column in table.columns]:
        return missing
    what = f"has the columns {', '.join(present)}, in this order"
    return [Problem(path, "", what, f"bring them into the order {', '.join(table.columns)}")]


def _csv_header(path: str) -> list[str]:
    """The first line's fields; [] for an empty file."""
    with gzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as file:
        first_line = file.readline().decode("utf-8-sig", errors="replace")
    return next(csv.reader([first_line]), [])


def _missing_columns(table: LandedTable, path: str, present: set[str]) -> list[Problem]:
    missing = [column for column in table.required if column.lower() not in present]
    return [
        Problem(path, column, f"this column of '{table.name}' is missing", f"add the column {column} to the file")
        for column in missing
    ]
