"""What models are given: numbers only, and the same number for the same text whoever is asked of."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from footfall.predictions.candidates import CANDIDATES, MEANS, learned
from footfall.predictions.features import FEATURES, FEW, MANY, NEW_TEXT, NUMBER, UNKNOWN, prepared, texts_in

FEATURE = {one.name: one for one in FEATURES}
ORDERS, DEVICE, COUNTRY = FEATURE["order_count"], FEATURE["last_device_type"], FEATURE["country"]
SOME = (ORDERS, DEVICE, COUNTRY)


def rows_of(count: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Customers of three countries with ever more orders; those of B with many orders have the outcome more often."""
    rng = np.random.default_rng(seed)
    orders, countries = rng.integers(0, 20, count), rng.choice(["A", "B", "C"], count)
    devices = rng.choice(["desktop", "mobile"], count)
    outcomes = (rng.random(count) < orders / 40 + 0.4 * (countries == "B")).astype(float)
    return pl.DataFrame({"order_count": orders, "last_device_type": devices, "country": countries}), outcomes


def test_texts_are_told_by_their_place_among_those_that_are_known() -> None:
    assert (ORDERS.kind, DEVICE.kind, COUNTRY.kind) == (NUMBER, FEW, MANY)
    rows = pl.DataFrame(
        {"order_count": [1, None], "last_device_type": ["mobile", None], "country": ["B", "A"]},
        schema_overrides={"order_count": pl.Int64},
    )
    texts = texts_in(rows, SOME)
    assert texts == {"last_device_type": ["mobile", UNKNOWN], "country": ["A", "B"]}
    frame = prepared(rows, SOME, texts)
    assert frame.columns == [one.name for one in SOME] and set(frame.dtypes) == {pl.Float64}
    assert frame["last_device_type"].to_list() == [0, 1] and frame["country"].to_list() == [1, 0]
    assert frame["order_count"][0] == pytest.approx(np.log(2)) and np.isnan(frame["order_count"][1])
    other = pl.DataFrame({"order_count": [1], "last_device_type": ["watch"], "country": [None]}, schema=rows.schema)
    assert prepared(other, SOME, texts).row(0)[1:] == (NEW_TEXT, NEW_TEXT)


@pytest.mark.parametrize("name", CANDIDATES)
def test_the_number_of_a_text_says_nothing(name: str) -> None:
    """Countries by other names in another order: the same probabilities. A country that nobody had is not one of them."""
    rows, outcomes = rows_of(2_000, 1)
    renamed = rows.with_columns(pl.col("country").replace_strict({"A": "Z", "B": "Y", "C": "X"}))

    def told(known: pl.DataFrame, asked: pl.DataFrame) -> np.ndarray:
        texts = texts_in(known, SOME)
        return learned(name, SOME, prepared(known, SOME, texts), outcomes).predict_proba(prepared(asked, SOME, texts))

    assert told(rows, rows) == pytest.approx(told(renamed, renamed), abs=1e-9)
    of_country = {
        country: told(rows, rows.with_columns(pl.lit(country).alias("country")))[:, 1].mean() for country in "ABQ"
    }
    assert of_country["A"] - 0.01 < of_country["Q"] < of_country["B"] - 0.1


@pytest.mark.parametrize(("name", "parts"), MEANS.items())
def test_a_mean_is_of_its_parts(name: str, parts: tuple[str, ...]) -> None:
    rows, outcomes = rows_of(1_000, 2)
    frame = prepared(rows, SOME, texts_in(rows, SOME))
    known = {one: learned(one, SOME, frame, outcomes) for one in parts}
    mean = np.mean([known[one].predict_proba(frame) for one in parts], axis=0)
    for given in (known, {}):
        assert learned(name, SOME, frame, outcomes, given).predict_proba(frame) == pytest.approx(mean, abs=1e-12)
