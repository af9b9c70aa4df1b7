"""Reading values out of landed columns. Money is kept as whole ten-thousandths (Int64)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import polars as pl

TIMESTAMP = pl.Datetime("us")
MOMENT = (
    r"^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?)?"
    r"\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?$"
)
PLAIN_NUMBER = r"^([+-]?)(\d*)\.?(\d*)$"


def md5(text: str) -> str:
    """The hexadecimal md5 of a text."""
    return hashlib.md5(text.encode()).hexdigest()


def text(name: str) -> pl.Expr:
    """A trimmed text; the empty one is missing."""
    trimmed = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def _moment_of_text(value: pl.Expr) -> pl.Expr:
    part = value.str.extract_groups(MOMENT).struct
    clock = part.field("2").fill_null("00:00")
    clock = pl.when(clock.str.len_bytes() == 5).then(clock + ":00").otherwise(clock)
    local = (part.field("1") + "T" + clock).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
    micros = part.field("3").fill_null("0").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64)
    zone = part.field("4").str.replace(":", "")
    hours = zone.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = zone.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    offset = pl.when(zone.str.contains(r"^[+-]")).then(sign * (hours * 60 + minutes)).otherwise(0)
    shift = (micros - offset.fill_null(0) * 60_000_000).cast(pl.Duration("us"))
    return local + shift


def moment(name: str, dtype: pl.DataType) -> pl.Expr:
    """A UTC timestamp without a zone; NULL where there is none to be read."""
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        naive = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return (naive if dtype.time_zone else column).cast(TIMESTAMP)
    if dtype == pl.Date:
        return column.cast(TIMESTAMP)
    return _moment_of_text(text(name))


def half_away(value: pl.Expr) -> pl.Expr:
    """Rounded to whole numbers, halves away from zero."""
    return value.sign() * (value.abs() + 0.5).floor()


def _units_of_double(value: pl.Expr) -> pl.Expr:
    scaled = half_away(value * 10_000.0)
    return pl.when(scaled.is_finite() & (scaled.abs() < 1e18)).then(scaled).cast(pl.Int64)


def _units_of_text(value: pl.Expr) -> pl.Expr:
    """Exact for plain numbers; other spellings (1e3) through a double."""
    part = value.str.extract_groups(PLAIN_NUMBER).struct
    whole = pl.when(part.field("2") == "").then(pl.lit("0")).otherwise(part.field("2"))
    fraction = part.field("3").str.pad_end(5, "0")
    tail = (fraction.str.slice(4, 1).cast(pl.Int64, strict=False) >= 5).cast(pl.Int64)
    size = (whole + fraction.str.slice(0, 4)).cast(pl.Int64, strict=False) + tail
    exact = pl.when(part.field("1") == "-").then(-size).otherwise(size)
    plain = value.str.contains(r"\d") & value.str.contains(PLAIN_NUMBER)
    scientific = _units_of_double(value.cast(pl.Float64, strict=False))
    return pl.when(plain).then(exact).otherwise(scientific)


def money(name: str, dtype: pl.DataType) -> pl.Expr:
    """An amount in ten-thousandths; NULL where there is none to be read."""
    column = pl.col(name)
    if dtype == pl.String:
        return _units_of_text(text(name))
    if dtype.is_float():
        return _units_of_double(column.cast(pl.Float64))
    if isinstance(dtype, pl.Decimal):
        return (column.cast(pl.Decimal(38, 4)) * 10_000).cast(pl.Int64)
    return column.cast(pl.Int64) * 10_000


def whole(name: str, dtype: pl.DataType) -> pl.Expr:
    """A whole number; text and doubles count when they are whole."""
    if dtype.is_integer():
        return pl.col(name).cast(pl.Int64)
    number = text(name).cast(pl.Float64, strict=False)
    return pl.when(number == number.round()).then(number).cast(pl.Int64, strict=False)


def number(name: str) -> pl.Expr:
    """A double."""
    return text(name).cast(pl.Float64, strict=False)


def category(value: pl.Expr) -> pl.Expr:
    """One spelling of a category: lower case, `and` for `&`, words joined by `_`."""
    clean = (
        value.str.to_lowercase()
        .str.strip_chars()
        .str.replace_all("&", "and", literal=True)
        .str.replace_all(r"[^a-z0-9]+", "_")
        .str.strip_chars("_")
    )
    return pl.when(clean != "").then(clean)


def reasons(rules: Iterable[tuple[str, pl.Expr]]) -> pl.Expr:
    """The names of the rules that a row breaks, in their order."""
    names = [pl.when(broken.fill_null(False)).then(pl.lit(name)) for name, broken in rules]
    return pl.concat_str(names, separator=",", ignore_nulls=True)


def hashed(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    """md5 of the columns as text, joined by `|`, missing ones `~`."""
    joined = frame.select(
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("~2") for name in columns], separator="|")
    ).to_series()
    return pl.Series([md5(value) for value in joined], dtype=pl.String)


def as_decimal(value: pl.Expr) -> pl.Expr:
    """Ten-thousandths as the decimal they stand for."""
    return value.cast(pl.Decimal(38, 4)) / 10_000


def finished(frame: pl.DataFrame, columns: Iterable[str], amounts: Iterable[str]) -> pl.DataFrame:
    """The columns in their order, money as decimals."""
    money_columns = set(amounts)
    return frame.select(
        as_decimal(pl.col(name)).alias(name) if name in money_columns else pl.col(name) for name in columns
    )
