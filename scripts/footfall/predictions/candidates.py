"""The models that are tried: preparation and classifier as one scikit-learn pipeline each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

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
    return Pipeline([("columns", _columns(features, _evenly_spread())), ("model", _regression())])


def forest(features: Sequence[Feature]) -> Pipeline:
    """A random forest."""
    model = RandomForestClassifier(
        30, min_samples_leaf=50, max_features=0.3, max_samples=0.25, class_weight="balanced", random_state=SEED
    )
    return Pipeline([("columns", _columns(features, _below_all())), ("model", model)])


def boosting(features: Sequence[Feature]) -> Pipeline:
    """Gradient boosting of small trees."""
    return Pipeline([("columns", _columns(features, _below_all())), ("model", _small_trees())])


def both(features: Sequence[Feature]) -> Pipeline:
    """The mean of what logistic regression and gradient boosting say: one knows straight lines, the other corners."""
    mean = VotingClassifier([("logistic", _regression()), ("boosting", _small_trees())], voting="soft")
    return Pipeline([("columns", _columns(features, _evenly_spread())), ("model", mean)])


def _regression() -> LogisticRegression:
    return LogisticRegression(C=0.1, solver="newton-cholesky", class_weight="balanced")


def _small_trees() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.12, max_leaf_nodes=5, min_samples_leaf=100, l2_regularization=5.0,
        early_stopping=False, random_state=SEED,
    )  # fmt: skip


def _evenly_spread() -> Pipeline:
    """What is unknown as the median and a column that says so, numbers of equal spread."""
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), StandardScaler()
    )


def _below_all() -> SimpleImputer:
    """What is unknown as a number below all others, for trees. Boosting takes NaN itself, but not a column of nothing else."""
    return SimpleImputer(strategy="constant", fill_value=-50.0, keep_empty_features=True)


CANDIDATES: dict[str, Callable[[Sequence[Feature]], Pipeline]] = {
    "logistic_regression": logistic,
    "random_forest": forest,
    "gradient_boosting": boosting,
    "regression_and_boosting": both,
}
"""The simplest first: of equally good ones it is chosen."""


def calibrated(
    pipeline: Pipeline, earlier: Pipeline, asked: pl.DataFrame, outcomes: np.ndarray
) -> CalibratedClassifierCV:
    """`pipeline` with probabilities that mean what they say: balanced weights shift them, a sigmoid shifts them back.

    It is learned from what `earlier`, the same candidate of a period before, says of `asked`, whose outcomes came after all that it knew.
    """
    model = CalibratedClassifierCV(FrozenEstimator(earlier), method="sigmoid").fit(asked, outcomes)
    [calibration] = model.calibrated_classifiers_
    calibration.estimator = FrozenEstimator(pipeline)
    return model
