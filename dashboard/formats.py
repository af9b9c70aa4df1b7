"""How values look: one kind per column, told by its name (the names that all models share) or by its type."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal

import polars as pl

NONE = "–"
MINUS = "−"
SUFFIXES = {
    "_amount": "money",
    "_price": "money",
    "_cost": "money",
    "_rate": "rate",
    "_rate_low": "rate",
    "_rate_high": "rate",
    "_share": "rate",
    "_percentile": "rate",
    "_probability": "rate",
    "_count": "count",
    "_score": "score",
    "_on": "date",
    "_date": "date",
    "_at": "moment",
    "_days": "days",
    "_seconds": "seconds",
    "_month": "month",
}
# What d3 (Plotly's axes and hovers) makes of a kind.
AXES = {"money": ",.3~s", "rate": ".0%", "count": ",.3~s", "score": ".2f", "days": ",.3~s", "number": ",.3~s"}
HOVERS = {"money": ",.2f", "rate": ".1%", "count": ",.0f", "score": ".3f", "days": ",.1f", "number": ",.3~f"}
DROPPED_ENDINGS = ("_amount", "_count", "_on")
WORDS = {"id": "ID", "rfm": "RFM", "psi": "PSI", "p50": "median", "url": "URL", "at": "at", "p75": "75th percentile", "p90": "90th percentile", "p95": "95th percentile"}  # fmt: skip


def kind(column: str, dtype: pl.DataType | None = None) -> str:
    """money, rate, count, score, date, moment, month, days, seconds, flag, number or text."""
    if dtype == pl.Boolean:
        return "flag"
    found = next((found for suffix, found in SUFFIXES.items() if f"_{column}".endswith(suffix)), None)
    if "_count_" in column or (found == "score" and dtype is not None and dtype.is_integer()):
        found = "count"
    if found and dtype != pl.String:
        return found
    if dtype is None or not dtype.is_numeric():
        if dtype is not None and dtype == pl.Date:
            return "date"
        return "moment" if dtype is not None and dtype == pl.Datetime else "text"
    return "count" if dtype.is_integer() else "number"


def label(column: str) -> str:
    """A column's name as a heading: revenue_amount is Revenue, is_high_value is High value."""
    name = column
    for ending in DROPPED_ENDINGS:
        if name.endswith(ending) and name != ending[1:]:
            name = name.removesuffix(ending) + ("s" if ending == "_count" and not name.endswith("ed_count") else "")
            break
    name = name.removeprefix("is_").removeprefix("has_")
    words = [WORDS.get(word, word) for word in name.split("_") if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def shown(value: object, of: str = "number") -> str:
    """A value as a person reads it; – for none. `of`: a kind."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%d %b %Y %H:%M}".lstrip("0")
    if isinstance(value, date):
        return f"{value:%b %Y}" if of == "month" else f"{value:%d %b %Y}".lstrip("0")
    if isinstance(value, (int, float, Decimal)):
        text = _number(float(value), of)
        return text.replace("-", MINUS)
    return str(value)


def _number(value: float, of: str) -> str:
    if of == "rate":
        return f"{value:.1%}"
    if of == "score":
        return f"{value:.3f}"
    if of == "seconds":
        return _duration(value)
    if of == "days":
        return f"{value:,.0f} d" if float(value).is_integer() else f"{value:,.1f} d"
    for bound, unit in ((1e9, "bn"), (1e6, "m")):
        if abs(value) >= bound:
            return f"{value / bound:,.2f} {unit}"
    if of == "count" or (abs(value) >= 10_000 and of == "money"):
        return f"{value:,.0f}"
    if of == "money":
        return f"{value:,.2f}"
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.3g}"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:,.0f} s"


def change(now: object, before: object, of: str) -> str | None:
    """How `now` differs from `before`: points for rates and scores, else percent; None where it cannot be told or rounds to nothing."""
    if now is None or before is None:
        return None
    difference = float(now) - float(before)
    if of == "rate":
        text = f"{difference * 100:+.1f} points"
    elif of == "score":
        text = f"{difference:+.3f}"
    elif float(before) == 0:
        return None
    else:
        text = f"{difference / abs(float(before)):+.1%}"
    # What rounds to nothing has no direction.
    return text.replace("-", MINUS) if any(digit in text for digit in "123456789") else None
