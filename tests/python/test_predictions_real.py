"""How well predictions do on real shops, out of time, beside the rules that need no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from footfall.predictions.candidates import CANDIDATES, learned
from footfall.predictions.features import chosen, prepared, texts_in
from footfall.predictions.judging import Figure, Ranking, draws, ranked
from threadpoolctl import threadpool_limits


@pytest.mark.parametrize("prediction", ["churn", "next_purchase"])
def test_online_retail_beats_the_days_since_the_last_order(build: Callable[[str], Path], prediction: str) -> None:
    with duckdb.connect(str(build("online_retail")), read_only=True) as connection:
        [(auc, low, high, rows)] = connection.execute(
            """
            select metric_value, metric_value_low, metric_value_high, row_count from marts.model_metrics
            where prediction = ? and role = 'chosen' and metric = 'roc_auc'
            """,
            [prediction],
        ).fetchall()
        [(gained_low,)] = connection.execute(
            """
            select metric_value_low from marts.model_metrics
            where prediction = ? and candidate = 'days_since_last_order' and metric = 'roc_auc_gained'
            """,
            [prediction],
        ).fetchall()
    print(f"{prediction}: ROC-AUC {auc:.3f} [{low:.3f}, {high:.3f}] of {rows}")
    assert rows > 3000
    assert 0.68 < low < auc < high < 0.80
    assert gained_low > 0.05


def newcomers(database: Path) -> pl.DataFrame:
    """Customers of Olist as they were at the first snapshot after their first order: nothing of later is in a row."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(
            """
            from intermediate.int_customer_features_snapshotted
            where order_count > 0 and first_order_days < 31
            qualify row_number() over (partition by customer_id order by snapshot_on) = 1
            order by snapshot_on, customer_id
            """
        ).pl()


def value_told(rows: pl.DataFrame, products: bool) -> Figure:
    """ROC-AUC of who spent more than 75 % of those before, without a feature of money: chosen on two months, judged on two later ones."""
    days = rows["snapshot_on"].unique().sort().to_list()
    earlier, validation, test = days[:-4], days[-4:-2], days[-2:]
    features = chosen(money=False, products=products)
    texts = texts_in(rows, features)

    def of(when: list) -> pl.DataFrame:
        return rows.filter(pl.col("snapshot_on").is_in(when))

    cut = of(earlier)["revenue_amount"].cast(pl.Float64).quantile(0.75, interpolation="linear")

    def outcomes(part: pl.DataFrame) -> np.ndarray:
        return (part["revenue_amount"].cast(pl.Float64) > cut).cast(pl.Float64).to_numpy()

    def told(name: str, known: pl.DataFrame, asked: pl.DataFrame) -> Figure:
        model = learned(name, features, prepared(known, features, texts), outcomes(known))
        scores = model.predict_proba(prepared(asked, features, texts))[:, 1]
        return ranked(Ranking(outcomes(asked), scores, draws(asked.height, 1)))[0]

    with threadpool_limits(1):
        best = max(CANDIDATES, key=lambda name: told(name, of(earlier), of(validation)).value or 0.0)
        return told(best, of(earlier + validation), of(test))


def test_a_newcomers_value_is_told_by_what_was_bought(build: Callable[[str], Path]) -> None:
    """Olist: with categories it is told, for they tell prices; without them hardly. No model that is not told money is far above both."""
    rows = newcomers(build("olist"))
    with_products, without = value_told(rows, products=True), value_told(rows, products=False)
    for name, figure in (("with", with_products), ("without", without)):
        print(f"newcomers {name} what they bought: {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]")
    assert 0.60 < with_products.value < 0.72
    assert without.value < with_products.low < without.value + 0.15
    assert without.low > 0.5


def test_olist_has_nobody_to_learn_future_value_from(build: Callable[[str], Path]) -> None:
    with duckdb.connect(str(build("olist")), read_only=True) as connection:
        notes = dict(
            connection.execute("select prediction, note from marts.model_metrics where role = 'skipped'").fetchall()
        )
    assert set(notes) == {"churn", "high_value", "next_purchase", "next_category"}
    assert all("it takes 50" in note for note in notes.values())
