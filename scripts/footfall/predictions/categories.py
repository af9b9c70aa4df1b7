"""Which category a customer will buy first, if at all: one outcome of many, learned from those who did buy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from sklearn.base import ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from footfall.predictions.candidates import FEWEST_OF_A_LEVEL, SEED
from footfall.predictions.features import FEATURES, NUMBER, Feature, Texts, prepared, texts_in
from footfall.predictions.judging import Doubles, Figure, draws, mean_of
from footfall.predictions.periods import Periods, TooLittleError, periods
from footfall.predictions.tasks import Settings
from footfall.predictions.training import Judgement, at_most, of_days

NAME = "next_category"
HORIZON = "next_purchase_days"
GUESSES = 3


@dataclass(frozen=True)
class TrainedCategories:
    """The model as it is used today, and how often the same procedure named the right category one period earlier."""

    features: tuple[Feature, ...]
    texts: Texts
    model: ClassifierMixin
    candidate: str
    periods: Periods
    row_count: int
    judgements: tuple[Judgement, ...]


def _logistic(features: Sequence[Feature]) -> Pipeline:
    """Multinomial logistic regression: a column for each level of each text, numbers of equal spread."""
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    return Pipeline([("columns", _columns(features, numbers)), ("model", LogisticRegression(C=0.1, max_iter=300))])


def _forest(features: Sequence[Feature]) -> Pipeline:
    """A random forest over the same columns; what is unknown is a number below all others."""
    numbers = SimpleImputer(strategy="constant", fill_value=-50.0, keep_empty_features=True)
    model = RandomForestClassifier(40, min_samples_leaf=20, max_features=0.3, max_samples=0.3, random_state=SEED)
    return Pipeline([("columns", _columns(features, numbers)), ("model", model)])


def _columns(features: Sequence[Feature], numbers: object) -> ColumnTransformer:
    texts = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=FEWEST_OF_A_LEVEL, sparse_output=False)
    parts = [
        ("numbers", numbers, [one.name for one in features if one.kind == NUMBER]),
        ("texts", texts, [one.name for one in features if one.kind != NUMBER]),
    ]
    return ColumnTransformer([one for one in parts if one[2]], verbose_feature_names_out=False)


CANDIDATES: dict[str, Callable[[Sequence[Feature]], Pipeline]] = {
    "logistic_regression": _logistic,
    "random_forest": _forest,
}


def features() -> tuple[Feature, ...]:
    """All texts, and the numbers that say who the customer is: what was viewed and bought so far tells most of what comes."""
    return tuple(
        one for one in FEATURES if one.kind != NUMBER or one.theme in ("what was bought", "money", "who it is")
    )


def train_categories(rows: pl.DataFrame, settings: Settings) -> TrainedCategories:
    """Learns next_category from `rows` as train() does: features and outcomes, one row per customer_id and snapshot_on.

    Raises TooLittleError where periods or buyers are too few, or all buy the same.
    """
    bought = rows.filter(pl.col("has_purchased").is_not_null())
    # The newest snapshot takes part although its outcomes are unknown: it says what today is.
    split = periods(rows["snapshot_on"].unique().to_list(), int(settings[HORIZON]))  # type: ignore[call-overload]
    bought = at_most(bought.filter(pl.col("next_category").is_not_null()), int(settings["prediction_max_rows"]) // 2)  # type: ignore[call-overload]
    texts = texts_in(rows, features())
    chosen_by, learned_from = of_days(bought, [split.validation]), of_days(bought, split.training)
    fewest = int(settings["prediction_min_outcomes"])  # type: ignore[call-overload]
    test, known = of_days(bought, [split.test]), of_days(bought, split.before_test)
    for name, part in (("training", learned_from), ("validation", chosen_by), ("test", test)):
        if part.height < fewest:
            raise TooLittleError(f"the {name} period has {part.height} buyers of a known category; it takes {fewest}")
        if part["next_category"].n_unique() < 2:
            raise TooLittleError(f"all buyers of the {name} period bought the same category")

    judgements: list[Judgement] = []
    best, best_share = "", -1.0
    for name in CANDIDATES:
        model = fitted(name, learned_from, texts)
        figures = _judged(model, chosen_by, texts)
        judgements += _told(figures, name, "candidate", "validation", split.validation, chosen_by)
        if (figures[0].value or 0.0) > best_share:
            best, best_share = name, figures[0].value or 0.0
    model = fitted(best, known, texts)
    judgements += _told(_judged(model, test, texts), best, "chosen", "test", split.test, test)
    right = _ranks(model, test, texts) == 0
    for name, guesses in _baselines(known, test):
        hit = (guesses == test["next_category"]).fill_null(False).to_numpy()
        figures = [
            mean_of("accuracy", hit.astype(float), _weights(test)),
            mean_of("accuracy_gained", right.astype(float) - hit, _weights(test)),
        ]
        judgements += _told(figures, name, "baseline", "test", split.test, test)
    every = of_days(bought, split.before_today)
    model = fitted(best, every, texts)
    return TrainedCategories(features(), texts, model, best, split, every.height, tuple(judgements))


def fitted(name: str, rows: pl.DataFrame, texts: Texts) -> Pipeline:
    """A candidate, learned from buyers (rows with next_category)."""
    return CANDIDATES[name](features()).fit(prepared(rows, features(), texts), rows["next_category"].to_numpy())


def guessed(
    model: ClassifierMixin, rows: pl.DataFrame, features: Sequence[Feature], texts: Texts
) -> tuple[pl.Series, Doubles]:
    """The likeliest category of each row, of equal ones the first by name, and how likely it is among those who buy: (n,) each.

    `features` and `texts` are those that the model was learned from.
    """
    if not rows.height:
        return pl.Series("likely_category", [], dtype=pl.String), np.zeros(0)
    probabilities = model.predict_proba(prepared(rows, features, texts)).round(6)
    best = probabilities.argmax(axis=1)
    names = pl.Series("likely_category", [str(one) for one in model.classes_[best]], dtype=pl.String)
    return names, probabilities[np.arange(rows.height), best]


def _weights(rows: pl.DataFrame) -> np.ndarray:
    return draws(rows.height, SEED + 3)


def _ranks(model: ClassifierMixin, rows: pl.DataFrame, texts: Texts) -> np.ndarray:
    """How many categories were thought likelier than the one that came, of equal ones those before it by name."""
    probabilities = model.predict_proba(prepared(rows, features(), texts)).round(6)
    place = {str(name): position for position, name in enumerate(model.classes_)}
    came = np.array([place.get(one, -1) for one in rows["next_category"]])
    known = np.maximum(came, 0)
    own = probabilities[np.arange(rows.height), known][:, None]
    earlier = np.arange(probabilities.shape[1])[None, :] < known[:, None]
    ranks = ((probabilities > own) | ((probabilities == own) & earlier)).sum(axis=1)
    return np.where(came >= 0, ranks, probabilities.shape[1])


def _judged(model: ClassifierMixin, rows: pl.DataFrame, texts: Texts) -> list[Figure]:
    """How often the first guess was right, and one of the first three."""
    ranks = _ranks(model, rows, texts)
    return [
        mean_of("accuracy", (ranks == 0).astype(float), _weights(rows)),
        mean_of(f"accuracy_of_{GUESSES}", (ranks < GUESSES).astype(float), _weights(rows)),
    ]


def _baselines(known: pl.DataFrame, test: pl.DataFrame) -> Iterator[tuple[str, pl.Series]]:
    counts = known["next_category"].value_counts().sort("count", "next_category", descending=[True, False])
    popular = counts["next_category"][0]
    yield "last_category_repeated", test["last_category"].fill_null(popular)
    yield "category_bought_most", test["main_category"].fill_null(popular)
    yield "category_viewed_most", test["main_viewed_category"].fill_null(popular)
    yield "most_popular_category", pl.Series([popular] * test.height, dtype=pl.String)


def _told(
    figures: Sequence[Figure], candidate: str, role: str, split: str, day: date, rows: pl.DataFrame
) -> list[Judgement]:
    return [Judgement(candidate, role, split, day, rows.height, None, one) for one in figures]
