"""Why a prediction is what it is: what it would be were one thing about the customer as usual.

For each theme (the last visit, orders, carts …) all its features are set to what is usual among everybody, and the model is asked again:
the difference is what the theme did. It answers "what moved it most" of the model, not what would change if the customer did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from sklearn.base import ClassifierMixin

from footfall.predictions.features import NUMBER, UNKNOWN, Feature, prepared

REASONS = 3
SMALLEST = 0.005
"""A theme that moved a probability by less is no reason."""


def usual(rows: pl.DataFrame, features: Sequence[Feature]) -> dict[str, float | str | None]:
    """The median of each number (None where nobody has it), the most frequent text (of equals the first)."""
    found: dict[str, float | str | None] = {}
    for one in features:
        if one.kind == NUMBER:
            found[one.name] = rows[one.name].cast(pl.Float64).median()  # type: ignore[assignment]
        else:
            counts = rows[one.name].cast(pl.String).fill_null(UNKNOWN).value_counts().sort("count", one.name, descending=[True, False])
            found[one.name] = counts[one.name][0] if counts.height else UNKNOWN
    return found


def reasons(
    model: ClassifierMixin,
    rows: pl.DataFrame,
    features: Sequence[Feature],
    usual: Mapping[str, float | str | None],
    probabilities: np.ndarray,
) -> pl.DataFrame:
    """The themes that moved each of `probabilities` (n,) most, in words: columns reason_1 to reason_3, NULL where fewer did.

    `rows` (n) has the features as they are, `probabilities` are the model's for them.
    """
    themes = list(dict.fromkeys(one.theme for one in features))
    frame = prepared(rows, features)
    as_usual = prepared(pl.DataFrame([{one.name: usual[one.name] for one in features}], schema=_schema(features)), features)
    moved = np.zeros((rows.height, len(themes)))
    for position, theme in enumerate(themes):
        names = [one.name for one in features if one.theme == theme]
        changed = frame.with_columns(pl.lit(as_usual[name][0]).alias(name) for name in names)
        moved[:, position] = probabilities - model.predict_proba(changed)[:, 1]
    # Of themes that moved it equally the first in the list; rounded, so that the last digits of a sum of trees do not decide.
    ranks = np.argsort(-np.abs(moved.round(6)), axis=1, kind="stable")[:, :REASONS]
    texts = {theme: _texts(rows, next(one for one in features if one.theme == theme), usual) for theme in themes}
    columns = {}
    for number in range(REASONS):
        chosen = ranks[:, number] if ranks.shape[1] > number else np.full(rows.height, -1)
        words = []
        for row, theme in enumerate(chosen):
            change = moved[row, theme] if theme >= 0 else 0.0
            told = f"{texts[themes[theme]][row]}: {100 * change:+.0f} points"
            words.append(told if abs(change) >= SMALLEST else None)
        columns[f"reason_{number + 1}"] = pl.Series(words, dtype=pl.String)
    return pl.DataFrame(columns)


def _schema(features: Sequence[Feature]) -> dict[str, type[pl.DataType]]:
    return {one.name: pl.Float64 if one.kind == NUMBER else pl.String for one in features}


def _texts(rows: pl.DataFrame, feature: Feature, usual: Mapping[str, float | str | None]) -> list[str]:
    """A theme by its first feature: what it is of each customer, and what is usual."""
    normal = _said(usual[feature.name])
    return [f"{feature.said} {_said(value)} (usual {normal})" for value in rows[feature.name]]


def _said(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}"
