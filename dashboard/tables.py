"""Frames as tables: headings, order and formats told by the columns' names."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal

import polars as pl

from dashboard.formats import MINUS, kind, label, shown

LEFT = ("text", "flag", "date", "moment", "month")


def headings(rows: pl.DataFrame, labels: Mapping[str, str] | None = None) -> dict[str, str]:
    """Column -> its heading; two columns never have the same."""
    found: dict[str, str] = {}
    for column in rows.columns:
        heading = (labels or {}).get(column, label(column))
        found[column] = heading if heading not in found.values() else column
    return found


def kinds(rows: pl.DataFrame) -> dict[str, str]:
    """Column -> its kind (formats.py)."""
    return {column: kind(column, dtype) for column, dtype in rows.schema.items()}


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Decimals as doubles, for screens that know no others."""
    return rows.with_columns(pl.selectors.decimal().cast(pl.Float64))


def csv(rows: pl.DataFrame) -> bytes:
    """A frame as CSV under its columns' own names: UTF-8 with the mark that spreadsheets look for, decimals in full, NULL as nothing.

    A text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    guarded = pl.selectors.string().str.replace(r"^([=+\-@\t\r])", "'${1}")
    return rows.with_columns(guarded).write_csv(include_bom=True).encode()


def as_html(rows: pl.DataFrame, labels: Mapping[str, str] | None, hidden: Sequence[str], most: int) -> str:
    """A frame as an HTML table of at most `most` rows, escaped."""
    kept = rows.drop([column for column in hidden if column in rows.columns])
    names, of = headings(kept, labels), kinds(kept)
    head = "".join(
        f'<th scope="col"{"" if of[column] in LEFT else " class=number"}>{html.escape(name)}</th>'
        for column, name in names.items()
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{'' if of[column] in LEFT else ' class=number'}>{html.escape(_cell(row[column], of[column]))}</td>"
            for column in names
        )
        + "</tr>"
        for row in kept.head(most).iter_rows(named=True)
    )
    more = f"<p class=note>{most:,} of {kept.height:,} rows.</p>" if kept.height > most else ""
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"


def _cell(value: object, of: str) -> str:
    """A value in full: a table's numbers have to add up."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not math.isfinite(value):
        return shown(value, of)
    if of == "money" or (of == "number" and abs(value) >= 1000):
        return f"{float(value):,.2f}".replace("-", MINUS)
    if of == "count":
        return f"{float(value):,.0f}".replace("-", MINUS)
    return shown(value, of)
