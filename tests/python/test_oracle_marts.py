"""Every mart of every source equals what the independent oracle computes from the same files."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from conftest import PREDICTIONS
from oracle import SOURCES, build_marts, compare, mart_keys
from oracle.built import built_mart, built_marts
from oracle.compare import INTERMEDIATE_KEYS, KEYS, PROSE, as_lines

# Ids made of a row's content: the text that is hashed is nobody's interface.
MADE_UP_IDS = {"fct_order_items": "order_item_id"}
# Approximations of the normal tail may differ in the last digits.
TOLERANCES = {"p_value": 1e-6, "q_value": 1e-6}


@cache
def expected_marts(source: str, landing: Path) -> dict[str, pl.DataFrame]:
    return build_marts(source, landing)


def cases() -> list[object]:
    return [
        pytest.param(source, mart, marks=pytest.mark.xdist_group(f"oracle-{source}"))
        for source in SOURCES
        for mart in (*KEYS, *INTERMEDIATE_KEYS)
    ]


@pytest.mark.parametrize(("source", "mart"), cases())
def test_mart_equals_the_oracle(
    source: str,
    mart: str,
    build: Callable[[str], Path],
    landing: Callable[[str], Path],
) -> None:
    database = build(source)
    expected = expected_marts(source, landing(source))[mart]
    actual = built_mart(database, mart)
    if mart in MADE_UP_IDS:
        made_up = MADE_UP_IDS[mart]
        assert actual[made_up].is_unique().all(), f"{made_up} is not unique"
        columns = expected.columns
        actual = as_lines(actual, made_up, columns)
        expected = as_lines(expected, made_up, columns)
        found = compare(actual, expected, expected.columns)
    else:
        found = compare(actual, expected, mart_keys(mart), tolerances=TOLERANCES, ignore=PROSE.get(mart, ()))
    assert not found, f"{source} {mart}\n{found}"


@pytest.mark.parametrize("source", SOURCES)
def test_no_mart_goes_unchecked(source: str, build: Callable[[str], Path]) -> None:
    # Profiles describe other tables, predictions are of models: they have checks of their own.
    covered = {*KEYS, *PREDICTIONS, "quarantined_rows", "column_profile"}
    assert built_marts(build(source)) - covered == set()
