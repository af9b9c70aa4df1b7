"""Names of things, short enough for an axis and never two things under one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

LONGEST = 34
LONGEST_END = 12
BETWEEN = " · "


def distinct_names(
    rows: pl.DataFrame, name: str = "product_name", key: str = "product_id", longest: int = LONGEST
) -> list[str]:
    """Things as a person knows them: the name, the id where there is none, and the end of the id too where names are alike.

    Different ids never have the same, the same id always has; none is longer than `longest`.
    """
    texts: dict[object, str] = {}
    for one, text in zip(rows[key], rows[name], strict=True):
        texts.setdefault(one, _cut((text or "").strip() or str(one) or "none", longest))
    owners = Counter(texts.values())
    told = [text if owners[text] == 1 else _with_end(text, str(one), longest) for one, text in texts.items()]
    names = dict(zip(texts, numbered(told, longest), strict=True))
    return [names[one] for one in rows[key]]


def _with_end(text: str, key: str, longest: int) -> str:
    """The end, for ids that are counted up or have a prefix are alike at their begin."""
    room = min(LONGEST_END, longest // 3)
    end = key if len(key) <= room else f"…{key[1 - room :]}"
    return f"{_cut(text, longest - len(end) - len(BETWEEN))}{BETWEEN}{end}"


def numbered(texts: Sequence[str], longest: int) -> list[str]:
    """With a number behind those that are there already."""
    found: dict[str, None] = {}
    for text in texts:
        unique, number = _cut(text, longest), 1
        while unique in found:
            number += 1
            unique = f"{_cut(text, longest - len(str(number)) - 3)} ({number})"
        found[unique] = None
    return list(found)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
