"""Lifetime models against a simulation whose truth is known, brute force, and the published figures of CDNOW where that file is."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import datasets_folder
from footfall.predictions.lifetime import (
    Histories,
    Purchases,
    Values,
    fit_purchases,
    fit_values,
    histories,
    log_likelihood,
    value_log_likelihood,
)
from scipy.integrate import quad
from scipy.special import betaln, gammaln

TRUE = {"r": 0.6, "alpha": 8.0, "a": 0.9, "b": 2.5}


def simulated(count: int, seed: int, is_modified: bool, follow: float = 0.0) -> tuple[np.ndarray, ...]:
    """Repeats, last, observed and orders within `follow` after, of customers drawn by the book."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(TRUE["r"], 1 / TRUE["alpha"], count)
    leaving = rng.beta(TRUE["a"], TRUE["b"], count)
    observed = np.ceil(rng.uniform(20, 40, count))
    rows = []
    for rate, leaves, end in zip(rates, leaving, observed, strict=True):
        now = last = 0.0
        repeats = later = 0
        alive = not (is_modified and rng.random() < leaves)
        while alive:
            now += rng.exponential(1 / rate)
            if now > end + follow:
                break
            if now > end:
                later += 1
            else:
                repeats, last = repeats + 1, now
            alive = rng.random() >= leaves
        rows.append((repeats, last, end, later))
    return tuple(np.array(column, np.float64) for column in zip(*rows, strict=True))


def standard_errors(loss: object, logs: np.ndarray) -> np.ndarray:
    """Of the logarithms of parameters, from the curvature of the log-likelihood at its top (Fisher)."""
    step, size = 1e-3, logs.size
    hessian = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            moves = [np.zeros(size) for _ in range(4)]
            for move, (first, second) in zip(moves, ((1, 1), (1, -1), (-1, 1), (-1, -1)), strict=True):
                move[i] += first * step
                move[j] += second * step
            values = [loss(logs + move) for move in moves]
            hessian[i, j] = -(values[0] - values[1] - values[2] + values[3]) / (4 * step * step)
    return np.sqrt(np.diag(np.linalg.inv(hessian)))


@pytest.mark.parametrize("is_modified", [False, True])
def test_planted_parameters_are_recovered(is_modified: bool) -> None:
    repeats, last, observed, _ = simulated(6000, 11, is_modified)
    seen = histories(repeats, last, observed)
    found = fit_purchases(seen, is_modified)
    assert found.is_settled
    logs = np.log([found.r, found.alpha, found.a, found.b])
    errors = standard_errors(lambda at: log_likelihood(np.exp(at), seen, is_modified), logs)
    assert np.all(np.abs(logs - np.log(list(TRUE.values()))) < 2.5 * errors), (found, errors)
    assert found.log_likelihood >= log_likelihood(np.array(list(TRUE.values())), seen, is_modified)


@pytest.mark.parametrize("is_modified", [False, True])
def test_what_is_expected_is_what_comes(is_modified: bool) -> None:
    repeats, last, observed, later = simulated(20000, 12, is_modified, follow=20.0)
    model = Purchases(**TRUE, is_modified=is_modified, log_likelihood=0.0)
    expected = model.expected(20.0, repeats, last, observed)
    for part in (repeats == 0, repeats == 1, repeats > 1, last > observed - 5, (repeats > 0) & (last < observed - 15)):
        error = later[part].std() / np.sqrt(part.sum())
        assert abs(expected[part].mean() - later[part].mean()) < 3.5 * error


@pytest.mark.parametrize("is_modified", [False, True])
def test_the_likelihood_is_the_integral_over_customers(is_modified: bool) -> None:
    """Over order rates and leaving probabilities by quadrature, for a few histories."""
    r, alpha, a, b = TRUE.values()

    def of_rates(power: float, time: float) -> float:
        return quad(
            lambda rate: np.exp(
                r * np.log(alpha) - gammaln(r) + (r - 1 + power) * np.log(rate) - rate * (alpha + time)
            ),
            0,
            5,
        )[0]

    def of_leaving(leaves: float, stays: float) -> float:
        return quad(
            lambda p: np.exp((a - 1 + leaves) * np.log(p) + (b - 1 + stays) * np.log1p(-p) - betaln(a, b)), 0, 1
        )[0]

    for repeats, last, observed in ((0, 0.0, 30.0), (1, 4.0, 30.0), (3, 20.0, 25.0)):
        stays = repeats + is_modified
        by_hand = of_leaving(0, stays) * of_rates(repeats, observed)
        if repeats or is_modified:
            by_hand += of_leaving(1, stays - 1) * of_rates(repeats, last)
        one = Histories(*(np.array([float(value)]) for value in (repeats, last, observed, 1)))
        assert log_likelihood(np.array([r, alpha, a, b]), one, is_modified) == pytest.approx(np.log(by_hand), abs=1e-6)
        alive = Purchases(r, alpha, a, b, is_modified, 0.0).alive(one.repeats, one.last, one.observed)
        assert alive[0] == pytest.approx(of_leaving(0, stays) * of_rates(repeats, observed) / by_hand, rel=1e-6)


def test_one_time_buyers_never_leave_in_bg_nbd() -> None:
    once = np.zeros(3), np.zeros(3), np.array([1.0, 100.0, 10_000.0])
    assert (Purchases(**TRUE, is_modified=False, log_likelihood=0.0).alive(*once) == 1).all()
    modified = Purchases(**TRUE, is_modified=True, log_likelihood=0.0).alive(*once)
    assert (np.diff(modified) < 0).all() and modified[0] < 1


def test_equal_histories_are_counted_and_mean_the_same() -> None:
    repeats, last, observed, _ = simulated(500, 3, True)
    each = Histories(repeats, last, observed, np.ones(500))
    counted = histories(repeats, last, observed)
    assert counted.customers.sum() == 500 and counted.repeats.size < 500
    at = np.array(list(TRUE.values()))
    assert log_likelihood(at, counted, True) == pytest.approx(log_likelihood(at, each, True))


def test_nobody_came_back() -> None:
    with pytest.raises(ValueError, match="second day"):
        fit_purchases(histories(np.zeros(4), np.zeros(4), np.arange(4.0)), True)


def test_planted_values_are_recovered() -> None:
    p, q, gamma = 6.25, 3.74, 15.44
    rng = np.random.default_rng(4)
    rates = rng.gamma(q, 1 / gamma, 8000)
    orders = rng.integers(1, 9, 8000).astype(np.float64)
    means = rng.gamma(p * orders, 1 / (rates * orders))
    found = fit_values(orders, means, np.ones(8000))
    logs = np.log([found.p, found.q, found.gamma])
    errors = standard_errors(lambda at: value_log_likelihood(np.exp(at), orders, means, np.ones(8000)), logs)
    assert np.all(np.abs(logs - np.log([p, q, gamma])) < 2.5 * errors), (found, errors)
    # What is expected of a customer lies between the own mean and everybody's, and near the own one after many orders.
    everybody = found.p * found.gamma / (found.q - 1)
    few, many = found.expected(np.array([1.0, 1000.0]), np.array([100.0, 100.0]))
    assert everybody < few < many == pytest.approx(100, rel=0.01)
    assert Values(2.0, 0.9, 3.0, 0.0).expected(np.array([1.0]), np.array([50.0]))[0] == 50


def test_no_amounts_no_values() -> None:
    with pytest.raises(ValueError, match="above 0"):
        fit_values(np.zeros(0), np.zeros(0), np.zeros(0))


def test_the_published_figures_of_cdnow() -> None:
    """Fader, Hardie and Lee (2005): 39 weeks of 2,357 customers of CDNOW's 1/10 sample."""
    datasets = datasets_folder()
    found = sorted(datasets.rglob("*CDNOW*sample*.txt")) if datasets else []
    if not found:
        pytest.skip("CDNOW's sample is not among the data sets")
    lines = [line.split() for line in found[0].read_text().splitlines() if line.strip()]
    days: dict[str, set[np.datetime64]] = {}
    for fields in lines:
        text = fields[-3]
        days.setdefault(fields[-4], set()).add(np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}"))
    end = np.datetime64("1997-09-30")
    rows = []
    for bought in days.values():
        known = sorted(day for day in bought if day <= end)
        first = known[0]
        rows.append((len(known) - 1, (known[-1] - first).astype(int) / 7, (end - first).astype(int) / 7))
    model = fit_purchases(
        histories(*(np.array(column, float) for column in zip(*rows, strict=True))), is_modified=False
    )
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.2426, 4.4136, 0.7929, 2.4258), abs=5e-4)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.1)
