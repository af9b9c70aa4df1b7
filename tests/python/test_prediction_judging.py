"""Measures of predictions against hand-made cases, scikit-learn and what must always hold."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from footfall.predictions.judging import (
    Figure,
    Ranking,
    auc,
    average_precision,
    best_threshold,
    calibration,
    difference,
    draws,
    judged,
    ranked,
    tenths,
)
from footfall.predictions.periods import TooLittleError, periods
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

LEVELS = st.integers(0, 6).map(lambda level: level / 7)
CASES = st.lists(st.tuples(st.booleans(), LEVELS), min_size=2, max_size=60).filter(
    lambda rows: len({outcome for outcome, _ in rows}) == 2
)


def arrays(rows: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([float(outcome) for outcome, _ in rows]), np.array([score for _, score in rows])


def by_name(figures: list[Figure], bins: bool = False) -> dict:
    return {(one.metric, one.bin) if bins else one.metric: one.value for one in figures if bins or one.bin is None}


@given(CASES)
def test_areas_are_scikit_learns_also_where_scores_are_equal(rows: list[tuple[bool, float]]) -> None:
    outcomes, scores = arrays(rows)
    once = np.ones((1, len(rows)))
    assert auc(outcomes, scores, once)[0] == pytest.approx(roc_auc_score(outcomes, scores))
    assert average_precision(outcomes, scores, once)[0] == pytest.approx(average_precision_score(outcomes, scores))


@given(CASES, st.integers(0, 2**32 - 1))
def test_a_weight_is_as_good_as_that_many_rows(rows: list[tuple[bool, float]], seed: int) -> None:
    outcomes, scores = arrays(rows)
    weights = draws(len(rows), seed, 3)
    assert (weights.sum(axis=1) == len(rows)).all()
    for one, found, precise in zip(
        weights, auc(outcomes, scores, weights), average_precision(outcomes, scores, weights), strict=True
    ):
        repeated = np.repeat(np.arange(len(rows)), one)
        if len(set(outcomes[repeated])) == 2:
            assert found == pytest.approx(roc_auc_score(outcomes[repeated], scores[repeated]))
            assert precise == pytest.approx(average_precision_score(outcomes[repeated], scores[repeated]))
        else:
            assert np.isnan(found)


@given(CASES)
def test_no_threshold_has_a_greater_f1(rows: list[tuple[bool, float]]) -> None:
    outcomes, scores = arrays(rows)
    chosen = best_threshold(outcomes, scores)
    values = {one: f1_score(outcomes, scores >= one, zero_division=0) for one in set(scores)}
    assert values[chosen] == pytest.approx(max(values.values()))
    assert chosen == max(one for one, value in values.items() if value >= values[chosen] - 1e-12)


def test_measures_of_a_case_counted_by_hand() -> None:
    outcomes = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    probabilities = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.2, 0.1, 0.1])
    found = by_name(judged(Ranking(outcomes, probabilities, draws(8, 1)), 0.5))
    assert (found["true_positive_count"], found["false_positive_count"]) == (2, 1)
    assert (found["false_negative_count"], found["true_negative_count"]) == (1, 4)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["f1"] == pytest.approx(2 / 3)
    # Of 15 pairs of a customer with the outcome and one without, one is the wrong way round: 0.4 against 0.7.
    assert found["roc_auc"] == pytest.approx(14 / 15)
    assert found["pr_auc"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert found["brier"] == pytest.approx((0.01 + 0.04 + 0.49 + 0.36 + 0.09 + 0.04 + 0.01 + 0.01) / 8)
    assert found["brier_of_the_base_rate"] == pytest.approx(3 / 8 * 5 / 8)


def test_a_tenth_border_between_equal_scores_splits_nobody_by_luck() -> None:
    outcomes = np.array([1.0] * 5 + [0.0] * 15)
    flat = by_name(tenths(outcomes, np.full(20, 0.3)), bins=True)
    assert [flat[("lift", number)] for number in range(1, 11)] == pytest.approx([1.0] * 10)
    found = by_name(tenths(outcomes, np.linspace(1, 0, 20)), bins=True)
    assert [found[("gain", number)] for number in (1, 2, 3, 10)] == pytest.approx([0.4, 0.8, 1.0, 1.0])
    assert found[("lift", 1)] == pytest.approx(4.0)


@given(CASES, st.randoms())
def test_no_order_among_equals_matters(rows: list[tuple[bool, float]], random: object) -> None:
    mixed = list(rows)
    random.shuffle(mixed)
    weights = np.ones((1, len(rows)))

    def told(rows: list[tuple[bool, float]]) -> list[float | None]:
        outcomes, scores = arrays(rows)
        return [one.value for one in judged(Ranking(outcomes, scores, weights), 0.5)]

    assert told(rows) == pytest.approx(told(mixed), nan_ok=True)


@given(CASES)
def test_the_calibration_table_is_of_everybody(rows: list[tuple[bool, float]]) -> None:
    outcomes, scores = arrays(rows)
    found = by_name(calibration(outcomes, scores), bins=True)
    counts = {number: value for (metric, number), value in found.items() if metric == "calibration_count"}
    assert sum(counts.values()) == len(rows)
    for metric, every in (("calibration_predicted", scores), ("calibration_observed", outcomes)):
        total = sum(found[(metric, number)] * count for number, count in counts.items())
        assert total == pytest.approx(every.sum())


def test_intervals_hold_what_they_promise() -> None:
    """Of 200 samples of a known truth, about 95 % of the intervals hold it."""
    rng = np.random.default_rng(5)
    inside = 0
    for seed in range(200):
        outcomes = (rng.random(300) < 0.3).astype(float)
        scores = rng.normal(outcomes, 1.0)  # the area of two bells one standard deviation apart: 0.7602
        found = next(one for one in ranked(Ranking(outcomes, scores, draws(300, seed))) if one.metric == "roc_auc")
        inside += found.low <= 0.76025 <= found.high
    assert 180 <= inside <= 199


def test_a_difference_is_of_the_same_customers() -> None:
    rng = np.random.default_rng(1)
    outcomes = (rng.random(500) < 0.5).astype(float)
    scores = rng.normal(outcomes, 1.0)
    weights = draws(500, 3)
    own = Ranking(outcomes, scores, weights)
    none = difference(own, Ranking(outcomes, scores * 2 + 1, weights))
    assert (none.value, none.low, none.high) == (0, 0, 0)
    some = difference(own, Ranking(outcomes, rng.normal(size=500), weights))
    assert some.low > 0.1


def test_no_outcomes_no_figures_that_pretend() -> None:
    found = by_name(judged(Ranking(np.zeros(5), np.linspace(0, 1, 5), draws(5, 1)), 0.5))
    assert found["roc_auc"] is None and found["recall"] is None and found["pr_auc"] is None
    assert tenths(np.zeros(5), np.linspace(0, 1, 5)) == []


# --- periods ----------------------------------------------------------------------------------------------------------


@given(st.sets(st.dates(date(2024, 1, 1), date(2025, 12, 31)), max_size=30), st.integers(1, 120))
def test_no_outcome_reaches_into_a_later_period(days: set[date], horizon: int) -> None:
    try:
        split = periods(list(days), horizon)
    except TooLittleError as error:
        assert "\n" not in str(error)
        return
    reach = timedelta(days=horizon)
    assert split.training and all(one + reach <= split.validation for one in split.training)
    assert split.validation + reach <= split.test
    assert split.test + reach <= split.today == max(days)
    assert all(one + reach <= split.test for one in split.before_test)
    assert all(one + reach <= split.today for one in split.before_today)
    assert split.test in split.before_today and split.validation in split.before_test
    # The newest that can be had: no day after the test's has a known outcome.
    assert not [one for one in days if split.test < one <= max(days) - reach]


def test_periods_of_the_default_data() -> None:
    days = [date(2025, month, day) for month, day in ((1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 29))]
    split = periods(days, 28)
    assert split.training == tuple(days[:3])
    assert (split.validation, split.test, split.today) == tuple(days[3:])
    assert periods(days, 30).test == date(2025, 4, 30)


@pytest.mark.parametrize(
    ("days", "told"), [([], "nothing"), ([1], "0 of the 3"), ([1, 29], "1 of the 3"), ([1, 29, 57], "2 of the 3")]
)
def test_too_little_history_is_said(days: list[int], told: str) -> None:
    with pytest.raises(TooLittleError, match=told):
        periods([date(2025, 1, 1) + timedelta(days=one) for one in days], 28)
