"""The one way to the data: named SQL statements over a published version, with bound parameters only.

Each statement is a file below `dashboard/sql/`, one per visual, and is named by its path there ("payments/drivers").
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
from footfall.publish import current_version

SQL = Path(__file__).with_name("sql")
PII_VARIABLE = "FOOTFALL_SHOW_PII"
PARAMETER = re.compile(r"\$([a-z_]+)")
MASK = "•••"
# The same within a landed row, which is kept as text, whole or cut short; and addresses anywhere, for a row that is no JSON.
PERSONAL_KEY = (
    r"[a-z_]*e[_-]?mail[a-z_]*|(?:customer|full|first|last|given|family|user|contact)?[_ ]?name|surname|"
    r"[a-z_]*phone[a-z_]*|[a-z_]*address[a-z_]*|[a-z_]*birth[a-z_]*|latitude|longitude"
)
PERSONAL_FIELD = (
    r'(?is)(\\*"(?:' + PERSONAL_KEY + r')\\*"\s*:\s*)'
    r'(?:\{[^}]*\}?|\[[^\]]*\]?|\\+"[^"]*(?:"|$)|"(?:[^"\\]|\\.)*(?:"|$)|[^,}\]"]+)'
)
ADDRESS = r"[^\s\"'@:,]+@[^\s\"'@,]+"
KEPT_ANSWERS = 400
KEPT_ROWS = 20_000


class NothingPublishedError(Exception):
    """There is no version to look at; one line for the user."""


@dataclass(frozen=True)
class Publication:
    """What a version says of itself: serving.publication, and the first day of its data."""

    version: str
    published_at: str
    source_system: str
    as_of_date: date | None
    first_day: date | None
    test_count: int
    failed_test_count: int
    settings: dict[str, str]


class Serving:
    """A published version, opened to be read. It may be used by several threads."""

    def __init__(self, path: Path) -> None:
        """`path`: the file of the version. Raises NothingPublishedError where it cannot be read."""
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
            self._connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
            self.publication = self._read_publication()
        except duckdb.Error as error:
            told = str(error).splitlines()[0]
            raise NothingPublishedError(f"{path}: is no published version ({told}). Fix: make publish.") from error
        self.path = path
        self._answers: OrderedDict[tuple, pl.DataFrame] = OrderedDict()
        self._lock = threading.Lock()
        self._descriptions = {
            (table, column): text
            for table, column, text in self._connection.execute("from serving.column_descriptions").fetchall()
        }

    def rows(self, statement: str, **parameters: object) -> pl.DataFrame:
        """The answer of a named statement. Parameters that it does not name are left out; one that is missing is an error.

        Emails and names of persons are masked unless FOOTFALL_SHOW_PII is 1. The frame is shared: do not change it in place.
        """
        text = sql(statement)
        bound = {name: parameters[name] for name in sorted(set(PARAMETER.findall(text)))}
        key = (statement, shows_pii(), *bound.items())
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        cursor = self._connection.cursor()
        try:
            answer = _whole(pl.from_arrow(cursor.sql(text, params=bound or None).to_arrow_table()))
        finally:
            cursor.close()
        frame = answer if shows_pii() else masked(answer)
        if frame.height <= KEPT_ROWS:
            with self._lock:
                self._answers[key] = frame
                while len(self._answers) > KEPT_ANSWERS:
                    self._answers.popitem(last=False)
        return frame

    def description(self, table: str, column: str = "") -> str:
        """What the mart's YAML says of a column, or of the mart; '' where it says nothing."""
        return self._descriptions.get((table, column), "")

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def _read_publication(self) -> Publication:
        [row] = self._connection.execute(
            """
            select
                version, published_at, source_system, as_of_date,
                (select min(kpi_date) from marts.daily_kpis) as first_day,
                test_count, failed_test_count, settings
            from serving.publication
            """
        ).fetchall()
        version, published_at, source, as_of, first_day, tests, failed, settings = row
        said = f"{published_at:%Y-%m-%d %H:%M} UTC"
        return Publication(version, said, source, as_of, first_day, tests, failed, json.loads(settings))


@cache
def sql(statement: str) -> str:
    """The text of a named statement."""
    return (SQL / f"{statement}.sql").read_text(encoding="utf-8")


def open_current(folder: Path) -> Serving:
    """The current version in `folder`. Raises NothingPublishedError with the fix."""
    path = current_version(folder)
    if path is None:
        raise NothingPublishedError(
            f"{folder}: nothing is published there. Fix: make run, or make publish after a build."
        )
    return Serving(path)


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    """Sums of whole numbers come as decimals without a scale; they are whole numbers here."""
    wide = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Decimal) and dtype.scale == 0]
    return frame.with_columns(pl.col(wide).cast(pl.Int64)) if wide else frame


def shows_pii() -> bool:
    """True when who looks has asked for emails and names."""
    return os.environ.get(PII_VARIABLE) == "1"


def masked(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with persons' names and emails hidden: the first letter stays, and of an email the domain."""
    hidden = []
    for column in frame.columns:
        text = pl.col(column).cast(pl.String)
        if column == "email":
            domain = text.str.extract(r"@([^@\s]+)\s*$")
            shown = pl.concat_str(text.str.slice(0, 1), pl.lit(MASK), pl.lit("@") + domain, ignore_nulls=True)
            hidden.append(pl.when(pl.col(column).is_not_null()).then(shown).alias(column))
        elif column == "customer_name":
            hidden.append((text.str.slice(0, 1) + MASK).alias(column))
        elif column.startswith("raw_row"):
            named = text.str.replace_all(PERSONAL_FIELD, f'${{1}}"{MASK}"')
            hidden.append(named.str.replace_all(ADDRESS, MASK))
    return frame.with_columns(hidden) if hidden else frame
