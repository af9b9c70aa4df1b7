"""The models that are tried: preparation and classifier as one scikit-learn pipeline each, and means of what two of them say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import polars as pl
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler, TargetEncoder

from footfall.predictions.features import FEW, MANY, NUMBER, Feature

SEED = 20_250_101
FEWEST_OF_A_LEVEL = 20


def _columns(features: Sequence[Feature], numbers: object) -> ColumnTransformer:
    """Numbers by `numbers`; a column per level of texts with few; the mean outcome of each level of texts with many, of other
    folds than the row's own."""
    parts = (
        ("numbers", numbers, NUMBER),
        ("few", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=FEWEST_OF_A_LEVEL, sparse_output=False), FEW),
        ("many", TargetEncoder(target_type="binary", cv=StratifiedKFold(5, shuffle=True, random_state=SEED)), MANY),
    )  # fmt: skip
    named = [(name, step, [one.name for one in features if one.kind == kind]) for name, step, kind in parts]
    return ColumnTransformer([one for one in named if one[2]], verbose_feature_names_out=False)


def logistic(features: Sequence[Feature]) -> Pipeline:
    """Logistic regression."""
    model = LogisticRegression(C=0.1, solver="newton-cholesky", class_weight="balanced")
    return Pipeline([("columns", _columns(features, _evenly_spread())), ("model", model)])


def forest(features: Sequence[Feature]) -> Pipeline:
    """A random forest."""
    model = RandomForestClassifier(
        30, min_samples_leaf=50, max_features=0.3, max_samples=0.25, class_weight="balanced", random_state=SEED
    )
    return Pipeline([("columns", _columns(features, _below_all())), ("model", model)])


def boosting(features: Sequence[Feature]) -> Pipeline:
    """Gradient boosting of small trees."""
    model = HistGradientBoostingClassifier(
        max_iter=40, learning_rate=0.18, max_leaf_nodes=5, min_samples_leaf=100, l2_regularization=5.0,
        early_stopping=False, random_state=SEED,
    )  # fmt: skip
    # A tree reads few columns of all rows: with each column in one piece of memory, it answers five times as fast.
    by_column = FunctionTransformer(np.asfortranarray)
    return Pipeline([("columns", _columns(features, _below_all())), ("by_column", by_column), ("model", model)])


def _evenly_spread() -> Pipeline:
    """What is unknown as the median and a column that says so, numbers of equal spread."""
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )


def _below_all() -> SimpleImputer:
    """What is unknown as a number below all others, for trees. Boosting takes NaN itself, but not a column of nothing else."""
    return SimpleImputer(strategy="constant", fill_value=-50.0, keep_empty_features=True)


PIPELINES: dict[str, Callable[[Sequence[Feature]], Pipeline]] = {
    "logistic_regression": logistic,
    "random_forest": forest,
    "gradient_boosting": boosting,
}
MEANS = {"regression_and_boosting": ("logistic_regression", "gradient_boosting")}
"""The mean of what two say: regression knows straight lines, boosting corners."""
CANDIDATES = (*PIPELINES, *MEANS)
"""The simplest first: of equally good ones it is chosen."""


def learned(
    name: str,
    features: Sequence[Feature],
    rows: pl.DataFrame,
    outcomes: np.ndarray,
    known: Mapping[str, ClassifierMixin] = MappingProxyType({}),
) -> ClassifierMixin:
    """A candidate, learned from `rows` as prepared() makes them, (n, features), and (n,) outcomes of 0 and 1.

    `known`: candidates that were learned from the same rows, which a mean of them is made of.
    """
    if name in PIPELINES:
        return PIPELINES[name](features).fit(rows, outcomes)
    parts = [(one, known.get(one) or learned(one, features, rows, outcomes)) for one in MEANS[name]]
    mean = VotingClassifier([(one, FrozenEstimator(part)) for one, part in parts], voting="soft")
    return mean.fit(rows, outcomes)


def calibrated(
    model: ClassifierMixin, earlier: ClassifierMixin, asked: pl.DataFrame, outcomes: np.ndarray
) -> CalibratedClassifierCV:
    """`model` with probabilities that mean what they say: balanced weights shift them, a sigmoid shifts them back.

    It is learned from what `earlier`, the same candidate of a period before, says of `asked`, whose outcomes came after all that it knew.
    """
    told = CalibratedClassifierCV(FrozenEstimator(earlier), method="sigmoid").fit(asked, outcomes)
    [calibration] = told.calibrated_classifiers_
    calibration.estimator = FrozenEstimator(model)
    return told
