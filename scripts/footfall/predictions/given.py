"""Customers and their features from a file that somebody made: read, checked value by value, refused in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from footfall.command import one_line
from footfall.predictions.features import NUMBER, Feature

ID, DAY = "customer_id", "snapshot_on"
# Everything as text, as it stands there: NULL is nothing between two commas, empty text is "".
TEXT_OPTIONS = "all_varchar = true, header = true, allow_quoted_nulls = false, quote = '\"', escape = '\"'"
SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".parquet")
TOLD = 8
YES_OR_NO = {"true": True, "1": True, "false": False, "0": False}


class GivenError(Exception):
    """Why a file of features cannot be used; one line that names the file, the column and the fix."""


@dataclass(frozen=True)
class Given:
    """Customers as a model takes them: ID (text), DAY (a day or NULL), flags (yes or no), numbers as doubles and texts, sorted by ID.

    ignored: the columns that nobody asked for.
    """

    rows: pl.DataFrame
    ignored: tuple[str, ...]


def read(path: Path, features: Sequence[Feature], flags: Sequence[str] = ()) -> Given:
    """The customers in `path` (CSV, JSON lines or Parquet) with `features` and `flags`. Raises GivenError."""
    source = _source(path)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        try:
            columns = [name for name, *_ in connection.execute(f"describe from {source}").fetchall()]
            if ".jsonl" in path.suffixes:
                source = _as_texts(path, columns)
            wanted = [*flags, *(one.name for one in features)]
            _refuse_missing(path, [ID, *wanted], columns)
            names = [ID, *([DAY] if DAY in columns else []), *wanted]
            rows = connection.sql(f"select {', '.join(map(_quoted, names))} from {source}").pl()
        except duckdb.Error as error:
            raise GivenError(f"{path}: cannot be read ({one_line(error)}). Fix: a whole {_kind(path)} file.") from None
    ignored = tuple(name for name in columns if name not in names)
    return Given(checked(rows, str(path), features, flags), ignored)


def checked(rows: pl.DataFrame, where: str, features: Sequence[Feature], flags: Sequence[str] = ()) -> pl.DataFrame:
    """`rows` with the types that Given has. Raises GivenError, which says that they came from `where`."""
    if not rows.height:
        raise GivenError(f"{where}: has no rows. Fix: a row for each customer.")
    _refuse_bad(
        where,
        rows[ID],
        rows[ID].dtype.is_nested() | (rows[ID].cast(pl.String, strict=False).fill_null("") == ""),
        "is no id",
    )
    ids = rows[ID].cast(pl.String)
    repeated = ids.filter(ids.is_duplicated())
    if repeated.len():
        raise GivenError(
            f"{where}: {ID} '{repeated[0]}' is there {(ids == repeated[0]).sum()} times. "
            "Fix: one row per customer, of the newest snapshot."
        )
    days = _days(where, rows[DAY]) if DAY in rows.columns else pl.Series([None] * rows.height, dtype=pl.Date)
    return pl.DataFrame(
        [
            ids.alias(ID),
            days.alias(DAY),
            *(_flag(where, rows[name]) for name in flags),
            *(
                _number(where, rows[one.name]) if one.kind == NUMBER else _text(where, rows[one.name])
                for one in features
            ),
        ]
    ).sort(ID)


def _source(path: Path) -> str:
    """The file as a relation in SQL."""
    if not path.is_file():
        raise GivenError(f"{path}: there is no such file. Fix: name yours with --features.")
    quoted = f"'{_escaped(path)}'"
    if path.name.endswith((".csv", ".csv.gz")):
        return f"read_csv({quoted}, {TEXT_OPTIONS})"
    if path.name.endswith(".jsonl"):
        return f"read_json({quoted}, format = 'newline_delimited')"
    if path.name.endswith(".parquet"):
        return f"read_parquet({quoted})"
    raise GivenError(f"{path}: is of an unknown kind. Fix: a file that ends with {', '.join(SUFFIXES)}.")


def _as_texts(path: Path, columns: Sequence[str]) -> str:
    """JSON lines with every value as its text, so that no type is guessed from the first rows."""
    told = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in columns)
    return f"read_json('{_escaped(path)}', format = 'newline_delimited', columns = {{{told}}})"


def _refuse_missing(path: Path, wanted: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in columns]
    if missing:
        more = f" and {len(missing) - TOLD} more" if len(missing) > TOLD else ""
        fix = "take them from int_customer_features_snapshotted, whose YAML says what each is"
        raise GivenError(f"{path}: has no column {', '.join(missing[:TOLD])}{more}. Fix: {fix}.")


def _number(where: str, values: pl.Series) -> pl.Series:
    """Doubles; NaN is as unknown as NULL."""
    can_be = values.dtype.is_numeric() or values.dtype in (pl.String, pl.Null)
    numbers = values.cast(pl.Float64, strict=False) if can_be else pl.Series([None] * values.len(), dtype=pl.Float64)
    is_bad = (numbers.is_null() & values.is_not_null()) | numbers.is_infinite().fill_null(False)
    _refuse_bad(where, values, is_bad, "is no number")
    return numbers.fill_nan(None).alias(values.name)


def _text(where: str, values: pl.Series) -> pl.Series:
    is_bad = values.is_not_null() & pl.Series([values.dtype.is_nested()] * values.len(), dtype=pl.Boolean)
    _refuse_bad(where, values, is_bad, "is no text")
    return values.cast(pl.String)


def _flag(where: str, values: pl.Series) -> pl.Series:
    told = (
        values.cast(pl.String, strict=False).str.to_lowercase()
        if not values.dtype.is_nested()
        else values.is_null().cast(pl.String)
    )
    flags = told.replace_strict(YES_OR_NO, default=None, return_dtype=pl.Boolean)
    _refuse_bad(where, values, flags.is_null(), "is neither true nor false")
    return flags.alias(values.name)


def _days(where: str, values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        days = values.str.to_date("%Y-%m-%d", strict=False)
    elif values.dtype in (pl.Date, pl.Datetime, pl.Null):
        days = values.cast(pl.Date)
    else:
        days = pl.Series([None] * values.len(), dtype=pl.Date)
    _refuse_bad(where, values, days.is_null() & values.is_not_null(), "is no day (YYYY-MM-DD)")
    return days


def _refuse_bad(where: str, values: pl.Series, is_bad: pl.Series, what: str) -> None:
    """Refuses the first of `values` that is bad, with the number of its row."""
    if is_bad.any():
        row = int(is_bad.arg_max())  # type: ignore[arg-type]
        value = values[row]
        told = "NULL" if value is None else f"'{_shortened(value)}'"
        raise GivenError(f"{where}: {values.name} {told} {what} (row {row + 1}). Fix: mend it in all rows.")


def _shortened(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:40]} …"


def _kind(path: Path) -> str:
    return {".parquet": "Parquet", ".jsonl": "JSON lines"}.get(path.suffix, "CSV")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _escaped(path: Path) -> str:
    return path.as_posix().replace("'", "''")
