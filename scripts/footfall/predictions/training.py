"""Learning one outcome: chosen on a validation period, judged once on a later one, learned anew from all that is known today."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from sklearn.base import ClassifierMixin

from footfall.predictions.candidates import CANDIDATES, SEED, calibrated, learned
from footfall.predictions.features import Feature, Texts, prepared, texts_in
from footfall.predictions.judging import (
    Doubles,
    Figure,
    Ranking,
    best_threshold,
    difference,
    draws,
    judged,
    ranked,
)
from footfall.predictions.periods import Periods, TooLittleError, periods
from footfall.predictions.tasks import Settings, Task

LOWEST = -1e18
AUDITED = 4_000
"""An audit learns from at most so many rows: it is to find leaks, not to rank well."""
SHUFFLED, LEAKING = "shuffled_outcomes", "features_from_after_the_outcome"


@dataclass(frozen=True)
class Judgement:
    """A figure of a candidate on a split. `role`: candidate, chosen, baseline or audit."""

    candidate: str
    role: str
    split: str
    snapshot_on: date
    row_count: int
    positive_count: int | None
    figure: Figure


@dataclass(frozen=True)
class Trained:
    """A model as it is used today, and how well the same procedure did one period earlier."""

    task: Task
    features: tuple[Feature, ...]
    texts: Texts
    model: ClassifierMixin
    candidate: str
    threshold: float
    cut: float | None
    periods: Periods
    row_count: int
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True)
class _Sample:
    """Rows of some snapshots as a model takes them."""

    rows: pl.DataFrame
    frame: pl.DataFrame
    outcomes: Doubles


def train(task: Task, rows: pl.DataFrame, settings: Settings) -> Trained:
    """Learns `task` from `rows`: features and outcomes, one row per customer_id and snapshot_on, of all snapshots.

    Raises TooLittleError where periods, or customers with either outcome, are too few.
    """
    horizon = int(settings[task.horizon])  # type: ignore[call-overload]
    split = periods(rows["snapshot_on"].unique().to_list(), horizon)
    features = task.features(settings)
    texts = texts_in(rows, features)
    asked = rows.filter(task.about & task.known)
    most = int(settings["prediction_max_rows"])  # type: ignore[call-overload]
    cut = task.learn_cut(of_days(asked, split.training), settings)

    def sample(days: Sequence[date], cut: float | None) -> _Sample:
        part = at_most(of_days(asked, days), most)
        outcomes = part.select(task.outcome(cut).cast(pl.Float64)).to_series().to_numpy()
        return _Sample(part, prepared(part, features, texts), outcomes)

    training, validation, test = (
        sample(split.training, cut),
        sample([split.validation], cut),
        sample([split.test], cut),
    )
    fewest = int(settings["prediction_min_outcomes"])  # type: ignore[call-overload]
    for name, one in (("training", training), ("validation", validation), ("test", test)):
        _refuse_few(one.outcomes, fewest, name)

    judgements: list[Judgement] = []
    name, earlier = _choose(task, features, training, validation, split, judgements)
    # As it would have been on the day of the test: all that was known then, the chosen candidate.
    known = sample(split.before_test, cut)
    fitted = learned(name, features, known.frame, known.outcomes)
    model = calibrated(fitted, earlier, validation.frame, validation.outcomes)
    threshold = best_threshold(known.outcomes, _of_yes(model, known.frame))
    judgements += _judge(task, name, model, threshold, test, split)
    judgements += _audit(name, features, texts, known, test, rows, timedelta(days=horizon), split)

    today_cut = task.learn_cut(of_days(asked, split.before_today), settings)
    every = sample(split.before_today, today_cut)
    newest = learned(name, features, every.frame, every.outcomes)
    final = calibrated(newest, fitted, test.frame, test.outcomes)
    final_threshold = best_threshold(every.outcomes, _of_yes(final, every.frame))
    return Trained(
        task, features, texts, final, name, final_threshold, today_cut, split, every.outcomes.size, tuple(judgements)
    )


def of_days(rows: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """The rows of some snapshots, in one order."""
    return rows.filter(pl.col("snapshot_on").is_in(list(days))).sort("snapshot_on", "customer_id")


def _some(sample: _Sample, most: int) -> _Sample:
    """Every so many-th row, at most `most`."""
    kept = np.arange(0, sample.outcomes.size, -(-sample.outcomes.size // most) if sample.outcomes.size else 1)
    return replace(
        sample,
        rows=sample.rows[kept],
        frame=sample.frame[kept],
        outcomes=sample.outcomes[kept],
    )


def at_most(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """All rows, or those of so many customers that about `most` rows are left, in their order."""
    if rows.height <= most:
        return rows
    ids = rows["customer_id"].unique()
    share = pl.Series("share", [zlib.crc32(one.encode()) / 2**32 for one in ids], pl.Float64)
    return rows.filter(pl.col("customer_id").is_in(ids.filter(share < most / rows.height).implode()))


def _refuse_few(outcomes: Doubles, fewest: int, name: str) -> None:
    positives = int(outcomes.sum())
    if min(positives, outcomes.size - positives) < fewest:
        raise TooLittleError(
            f"the {name} period has {positives} customers with the outcome and {outcomes.size - positives} without; "
            f"it takes {fewest} of each"
        )


def _of_yes(model: ClassifierMixin, frame: pl.DataFrame) -> Doubles:
    return model.predict_proba(frame)[:, 1]


def _choose(
    task: Task,
    features: Sequence[Feature],
    training: _Sample,
    validation: _Sample,
    split: Periods,
    judgements: list[Judgement],
) -> tuple[str, ClassifierMixin]:
    """The candidate that ranks the validation period best, learned from the training periods; a later one has to be better than an
    earlier, simpler one."""
    weights = draws(validation.outcomes.size, SEED)
    fitted: dict[str, ClassifierMixin] = {}
    found: dict[str, float] = {}
    for name in CANDIDATES:
        fitted[name] = learned(name, features, training.frame, training.outcomes, fitted)
        figures = ranked(Ranking(validation.outcomes, _of_yes(fitted[name], validation.frame), weights))
        judgements += _told(figures, name, "candidate", "validation", split.validation, validation)
        found[name] = figures[0].value or 0.0
    for name, scores in _baselines(task, validation):
        figures = ranked(Ranking(validation.outcomes, scores, weights))
        judgements += _told(figures, name, "baseline", "validation", split.validation, validation)
    best = max(found, key=lambda name: found[name])
    return best, fitted[best]


def _judge(
    task: Task, name: str, model: ClassifierMixin, threshold: float, test: _Sample, split: Periods
) -> Iterator[Judgement]:
    weights = draws(test.outcomes.size, SEED + 1)
    own = Ranking(test.outcomes, _of_yes(model, test.frame), weights)
    yield from _told(judged(own, threshold), name, "chosen", "test", split.test, test)
    for baseline, scores in _baselines(task, test):
        other = Ranking(test.outcomes, scores, weights)
        figures = [*ranked(other), difference(own, other)]
        yield from _told(figures, baseline, "baseline", "test", split.test, test)


def _audit(
    name: str,
    features: Sequence[Feature],
    texts: Texts,
    known: _Sample,
    test: _Sample,
    rows: pl.DataFrame,
    horizon: timedelta,
    split: Periods,
) -> Iterator[Judgement]:
    """The same candidate on shuffled outcomes, in which there is nothing to find but what the procedure lets slip, and the price
    of a leak: with features of the first snapshot after the outcome in place of those of the day."""
    rng = np.random.default_rng(SEED)
    known = _some(known, AUDITED)
    fitted = learned(name, features, known.frame, rng.permutation(known.outcomes))
    shuffled = replace(test, outcomes=rng.permutation(test.outcomes))
    weights = draws(test.outcomes.size, SEED + 2)
    figures = ranked(Ranking(shuffled.outcomes, _of_yes(fitted, test.frame), weights))
    yield from _told(figures, SHUFFLED, "audit", "test", split.test, shuffled)

    known, asked = (_seen_afterwards(one, rows, features, texts, horizon) for one in (known, test))
    fitted = learned(name, features, known.frame, known.outcomes)
    weights = draws(asked.outcomes.size, SEED + 2)
    figures = ranked(Ranking(asked.outcomes, _of_yes(fitted, asked.frame), weights))
    yield from _told(figures, LEAKING, "audit", "test", split.test, asked)


def _seen_afterwards(
    sample: _Sample, rows: pl.DataFrame, features: Sequence[Feature], texts: Texts, horizon: timedelta
) -> _Sample:
    """The customers of `sample` with the features of the first snapshot after their outcome."""
    days = sorted(rows["snapshot_on"].unique())
    after = {day: next((one for one in days if one >= day + horizon), None) for day in days}
    named = sample.rows.select("customer_id", pl.col("snapshot_on").replace_strict(after).alias("seen_on"))
    later = rows.select("customer_id", pl.col("snapshot_on").alias("seen_on"), *(one.name for one in features))
    joined = named.with_row_index("position").join(later, on=["customer_id", "seen_on"], how="inner").sort("position")
    kept = joined["position"].to_numpy()
    return replace(
        sample,
        rows=sample.rows[kept],
        frame=prepared(joined, features, texts),
        outcomes=sample.outcomes[kept],
    )


def _baselines(task: Task, sample: _Sample) -> Iterator[tuple[str, Doubles]]:
    for name, expression in task.baselines.items():
        yield name, sample.rows.select(expression.cast(pl.Float64).fill_null(LOWEST)).to_series().to_numpy()


def _told(
    figures: Sequence[Figure], candidate: str, role: str, split: str, day: date, sample: _Sample
) -> list[Judgement]:
    counts = sample.outcomes.size, int(sample.outcomes.sum())
    return [Judgement(candidate, role, split, day, *counts, figure) for figure in figures]
