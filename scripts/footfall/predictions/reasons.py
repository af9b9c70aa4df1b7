"""Why a prediction is what it is: what it would be were one thing about the customer as usual.

For each theme (the last visit, orders, carts …) all its features are set to what is usual among everybody, and the model is asked again:
the difference is what the theme did. It answers "what moved it most" of the model, not what would change if the customer did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl
from sklearn.base import ClassifierMixin

from footfall.predictions.features import NUMBER, UNKNOWN, Feature, Texts, known_text, prepared
from footfall.predictions.workers import side_by_side

REASONS = 3
Told = Callable[[int], str]
"""What the customer of a row has, in words. Asked of the few that become a reason: words are what takes long."""
SMALLEST = 0.005
"""A theme that moved a probability by less is no reason."""


def usual(rows: pl.DataFrame, features: Sequence[Feature]) -> dict[str, float | str | None]:
    """The median of each number (None where most do not have it), the most frequent text (of equals the first)."""
    found: dict[str, float | str | None] = {}
    for one in features:
        if one.kind == NUMBER:
            is_rare = 2 * rows[one.name].null_count() > rows.height
            found[one.name] = None if is_rare else rows[one.name].cast(pl.Float64).median()  # type: ignore[assignment]
        else:
            counts = rows.select(known_text(one.name)).to_series().value_counts()
            counts = counts.sort("count", one.name, descending=[True, False])
            found[one.name] = counts[one.name][0] if counts.height else UNKNOWN
    return found


def reasons(
    model: ClassifierMixin,
    rows: pl.DataFrame,
    features: Sequence[Feature],
    texts: Texts,
    usual: Mapping[str, float | str | None],
    probabilities: np.ndarray,
) -> pl.DataFrame:
    """The themes that moved each of `probabilities` (n,) most, in words: columns reason_1 to reason_3, NULL where fewer did.

    `rows` (n) has the features as they are, `probabilities` are the model's for them.
    """
    themes = list(dict.fromkeys(one.theme for one in features))
    frame = prepared(rows, features, texts)
    as_usual = prepared(
        pl.DataFrame([{one.name: usual[one.name] for one in features}], schema=_schema(features)), features, texts
    )

    def without(theme: str) -> np.ndarray:
        names = [one.name for one in features if one.theme == theme]
        changed = frame.with_columns(pl.lit(as_usual[name][0]).alias(name) for name in names)
        return probabilities - model.predict_proba(changed)[:, 1]

    with side_by_side() as pool:
        moved = np.column_stack(list(pool.map(without, themes)))
    told = [_told(rows, frame, as_usual, [one for one in features if one.theme == theme], usual) for theme in themes]
    return strongest(moved, told, lambda change: f"{100 * change:+.0f} points", SMALLEST)


def strongest(moved: np.ndarray, told: Sequence[Told], say: Callable[[float], str], smallest: float) -> pl.DataFrame:
    """Of what moved each of n predictions, (n, themes), the three that moved it most, by what is `told` of each theme and by how
    much: columns reason_1 to reason_3, NULL where a change is below `smallest`."""
    # Of themes that moved it equally the first in the list; rounded, so that the last digits of a sum of trees do not decide.
    ranks = np.argsort(-np.abs(moved.round(6)), axis=1, kind="stable")[:, :REASONS]
    columns = {}
    for number in range(REASONS):
        words = []
        for row, theme in enumerate(ranks[:, number]):
            change = moved[row, theme]
            words.append(f"{told[theme](row)}: {say(change)}" if abs(change) >= smallest else None)
        columns[f"reason_{number + 1}"] = pl.Series(words, dtype=pl.String)
    return pl.DataFrame(columns)


def _schema(features: Sequence[Feature]) -> dict[str, type[pl.DataType]]:
    return {one.name: pl.Float64 if one.kind == NUMBER else pl.String for one in features}


def _told(
    rows: pl.DataFrame,
    frame: pl.DataFrame,
    as_usual: pl.DataFrame,
    theme: Sequence[Feature],
    usual: Mapping[str, float | str | None],
) -> Told:
    """A theme by the feature that is least usual of each customer, of equal ones the first."""
    off = np.column_stack([_off(one, frame[one.name], as_usual[one.name][0]) for one in theme])
    features, least_usual = [told_of(rows, one, usual) for one in theme], off.argmax(axis=1)
    return lambda row: features[least_usual[row]](row)


def _off(feature: Feature, values: pl.Series, usual: float) -> np.ndarray:
    """How far each of `values`, prepared, is from what is usual; 1 where one of both is unknown, or texts differ."""
    numbers = values.to_numpy()
    if feature.kind != NUMBER:
        return (numbers != usual).astype(float)
    if np.isnan(usual):
        return (~np.isnan(numbers)).astype(float)
    return np.nan_to_num(np.abs(numbers - usual), nan=1.0)


def told_of(rows: pl.DataFrame, feature: Feature, usual: Mapping[str, float | str | None]) -> Told:
    """What a feature is of a row's customer, and what is usual."""
    values, normal = rows[feature.name].to_list(), said(usual[feature.name])
    return lambda row: f"{feature.said} {said(values[row])} (usual {normal})"


def said(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}"
