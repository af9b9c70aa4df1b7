"""How good predictions are, with intervals: bootstrapped over customers, so that luck can be told from skill."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Counts = NDArray[np.int32]

DRAWS = 200
LOW, HIGH = 2.5, 97.5
BINS = 10
TOGETHER = 8


@dataclass(frozen=True)
class Figure:
    """A measure with its 95 % bootstrap interval; `bin` numbers the tenths of a table, None where it is one number."""

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    bin: int | None = None


def draws(count: int, seed: int, how_many: int = DRAWS) -> Counts:
    """How often each of `count` customers is in each bootstrap sample: (how_many, count)."""
    if not count:
        return np.zeros((how_many, 0), np.int32)
    rng = np.random.default_rng(seed)
    found = np.empty((how_many, count), np.int32)
    # As multinomial() with equal chances, in a seventh of the time.
    for sample in found:
        sample[:] = np.bincount(rng.integers(count, size=count), minlength=count)
    return found


@dataclass(frozen=True)
class Ranking:
    """(n,) outcomes of 0 and 1, (n,) scores that should rise with them, and (samples, n) bootstrap samples (see draws)."""

    outcomes: Doubles
    scores: Doubles
    weights: Counts

    @cached_property
    def areas(self) -> tuple[Doubles, Doubles]:
        """Under the ROC and the precision-recall curve, (1,) each."""
        return _areas(self.outcomes, self.scores, _once(self.outcomes))

    @cached_property
    def drawn_areas(self) -> tuple[Doubles, Doubles]:
        """The same of each sample, (samples,)."""
        return _areas(self.outcomes, self.scores, self.weights)


def auc(outcomes: Doubles, scores: Doubles, weights: Counts) -> Doubles:
    """Area under the ROC curve of each row of `weights` (samples, n); equal scores count half. NaN without both outcomes.

    The share of pairs of one with the outcome and one without it in which the first has the higher score (Mann and Whitney 1947).
    """
    return _areas(outcomes, scores, weights)[0]


def average_precision(outcomes: Doubles, scores: Doubles, weights: Counts) -> Doubles:
    """Area under the precision-recall curve by steps, of each row of `weights` (samples, n). NaN without the outcome."""
    return _areas(outcomes, scores, weights)[1]


def _areas(outcomes: Doubles, scores: Doubles, weights: Counts) -> tuple[Doubles, Doubles]:
    """Both areas, from the counts with and without the outcome above each score, highest first."""
    if not scores.size:
        return np.full(weights.shape[0], np.nan), np.full(weights.shape[0], np.nan)
    order = np.argsort(-scores, kind="stable")
    ends = _group_ends(scores[order])
    happened = outcomes[order] > 0
    # A few samples at a time stay within the processor's cache.
    parts = [
        _areas_of(weights[begin : begin + TOGETHER][:, order], happened, ends)
        for begin in range(0, weights.shape[0], TOGETHER)
    ]
    return np.concatenate([roc for roc, _ in parts]), np.concatenate([pr for _, pr in parts])


def _areas_of(drawn: Counts, happened: NDArray[np.bool_], ends: NDArray[np.int64]) -> tuple[Doubles, Doubles]:
    asked, found = np.cumsum(drawn, axis=1), np.cumsum(drawn * happened, axis=1)
    if ends.size < happened.size:
        asked, found = asked[:, ends], found[:, ends]
    positive, missed = np.diff(found, axis=1, prepend=0), asked - found
    negative = np.diff(missed, axis=1, prepend=0)
    positives, negatives = found[:, -1], missed[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        below = negatives[:, None] - missed
        roc = (positive * (below + negative / 2)).sum(axis=1) / (positives * negatives)
        precision = np.where(asked > 0, found / asked, 0.0)
        return roc, (precision * positive).sum(axis=1) / positives


def _group_ends(ordered: Doubles) -> NDArray[np.int64]:
    """The position of the last of each run of equal scores."""
    return np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if ordered.size else np.zeros(0, np.int64)


def best_threshold(outcomes: Doubles, scores: Doubles) -> float:
    """The lowest score that counts as yes so that F1 is greatest; of equally good ones the highest."""
    order = np.argsort(-scores, kind="stable")
    ends = _group_ends(scores[order])
    found = np.cumsum(outcomes[order])[ends]
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = 2 * found / (ends + 1 + outcomes.sum())
    return float(scores[order][ends[int(np.argmax(f1))]])


def ranked(ranking: Ranking) -> list[Figure]:
    """What only the order of scores decides: the areas under both curves, with intervals."""
    return [
        Figure(name, *_with_interval(value[0], drawn))
        for name, value, drawn in zip(("roc_auc", "pr_auc"), ranking.areas, ranking.drawn_areas, strict=True)
    ]


def judged(ranking: Ranking, threshold: float) -> list[Figure]:
    """All measures of scores that are probabilities; yes is `threshold` and above."""
    outcomes, probabilities, weights = ranking.outcomes, ranking.scores, ranking.weights
    yes = (probabilities >= threshold).astype(float)
    parts = {
        "true_positive_count": yes * outcomes,
        "false_positive_count": yes * (1 - outcomes),
        "false_negative_count": (1 - yes) * outcomes,
        "true_negative_count": (1 - yes) * (1 - outcomes),
    }

    def ratios(samples: Counts) -> dict[str, Doubles]:
        tp, fp, fn, _ = (samples @ part for part in parts.values())
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"precision": tp / (tp + fp), "recall": tp / (tp + fn), "f1": 2 * tp / (2 * tp + fp + fn)}

    found, drawn = ratios(_once(outcomes)), ratios(weights)
    figures = ranked(ranking)
    figures += [Figure(name, *_with_interval(found[name][0], drawn[name])) for name in found]
    squares = (probabilities - outcomes) ** 2
    figures.append(mean_of("brier", squares, weights))
    flat = np.full(outcomes.size, outcomes.mean())
    figures.append(Figure("brier_of_the_base_rate", float(((flat - outcomes) ** 2).mean())))
    figures += [Figure(name, float(part.sum())) for name, part in parts.items()]
    figures += [Figure("threshold", threshold), Figure("base_rate", float(outcomes.mean()))]
    return figures + calibration(outcomes, probabilities) + tenths(outcomes, probabilities)


def calibration(outcomes: Doubles, probabilities: Doubles) -> list[Figure]:
    """Mean probability and share with the outcome, by tenth of the probability: 0 to 0.1, … 0.9 to 1."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    figures = []
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            figures += [
                Figure("calibration_count", float(inside.sum()), bin=number + 1),
                Figure("calibration_predicted", float(probabilities[inside].mean()), bin=number + 1),
                Figure("calibration_observed", float(outcomes[inside].mean()), bin=number + 1),
            ]
    return figures


def tenths(outcomes: Doubles, scores: Doubles) -> list[Figure]:
    """Lift and gain by tenth of the customers, highest scores first. Where equal scores lie across a border, each tenth gets its
    part of them at their mean outcome: no order among equals decides."""
    count, positives = outcomes.size, outcomes.sum()
    if not count or not positives:
        return []
    order = np.argsort(-scores, kind="stable")
    ends = _group_ends(scores[order])
    found = np.cumsum(outcomes[order])[ends]
    borders = np.arange(1, BINS + 1) * count / BINS
    gains = np.interp(borders, np.append(0, ends + 1), np.append(0.0, found)) / positives
    lifts = np.diff(gains, prepend=0.0) * BINS
    return [
        figure
        for number in range(BINS)
        for figure in (
            Figure("gain", float(gains[number]), bin=number + 1),
            Figure("lift", float(lifts[number]), bin=number + 1),
        )
    ]


def mean_of(name: str, values: Doubles, weights: Counts) -> Figure:
    """The mean of (n,) `values`, with its interval by the samples in `weights`."""
    return Figure(name, *_with_interval(values.mean(), weights @ values / weights.sum(axis=1)))


def root_of(name: str, off: Doubles, weights: Counts) -> Figure:
    """The root of the mean square of (n,) errors, with its interval by the samples in `weights`."""
    return Figure(name, *_with_interval(np.sqrt(np.mean(off**2)), _roots(off, weights)))


def root_gained(actual: Doubles, expected: Doubles, others: Doubles, weights: Counts) -> Figure:
    """How much smaller the root mean square error of `expected` is than that of `others`, on the same customers and samples."""
    own, other = actual - expected, actual - others
    value = np.sqrt(np.mean(other**2)) - np.sqrt(np.mean(own**2))
    return Figure("rmse_gained", *_with_interval(value, _roots(other, weights) - _roots(own, weights)))


def _roots(off: Doubles, weights: Counts) -> Doubles:
    return np.sqrt(weights @ off**2 / weights.sum(axis=1))


def difference(ranking: Ranking, other: Ranking) -> Figure:
    """How much more area under the ROC curve the scores have than others of the same customers and samples."""
    value = ranking.areas[0][0] - other.areas[0][0]
    return Figure("roc_auc_gained", *_with_interval(value, ranking.drawn_areas[0] - other.drawn_areas[0]))


def _once(outcomes: Doubles) -> Counts:
    """The sample in which everybody is once."""
    return np.ones((1, outcomes.size), np.int32)


def _with_interval(value: float, drawn: Doubles) -> tuple[float | None, float | None, float | None]:
    """The value and the middle 95 % of what the samples gave; None where it has no value."""
    if not np.isfinite(value):
        return None, None, None
    low, high = np.nanpercentile(drawn, [LOW, HIGH])
    return float(value), float(low), float(high)
