"""Predictions end to end: what is trained, kept, told and promised, on a shop of half a year whose customers' rates are known."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
import skops.io
from conftest import FEW_OUTCOMES, PREDICTIONS, WITHOUT_OTHERS, Dbt, generate
from footfall.predictions.artifacts import TRUSTED, ArtifactError, load
from footfall.predictions.judging import auc
from sklearn.metrics import roc_auc_score

PROBABILITIES = {
    "churn_predictions": "churn_probability",
    "high_value_predictions": "high_value_probability",
    "next_purchase_predictions": "purchase_probability",
}
# What the generator planted: how likely a visit is to end with an order, of the usual customer and of the impulsive one.
ORDERS_PER_VISIT, IMPULSIVE = 0.1, 3


@pytest.fixture(scope="module")
def marts(predicted: Path) -> duckdb.DuckDBPyConnection:
    """A connection whose schema is that of the marts."""
    connection = duckdb.connect()
    connection.execute(f"attach '{predicted}' as built (read_only)")
    connection.execute("use built.marts")
    return connection


def named(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def test_everybody_asked_of_is_told_of(marts: duckdb.DuckDBPyConnection) -> None:
    """And nobody else, and a band is the same for equal probabilities."""
    features = "built.intermediate.int_customer_features_snapshotted where is_latest"
    asked = {
        "churn_predictions": f"select customer_id from {features} and can_churn",
        "high_value_predictions": f"select customer_id from {features}",
        "next_purchase_predictions": f"select customer_id from {features}",
        "customer_lifetime_value": f"select customer_id from {features} and order_count > 0",
    }
    for mart, query in asked.items():
        missing = named(
            marts,
            f"({query} except all select customer_id from {mart}) union all (select customer_id from {mart} except all {query})",
        )
        assert missing == [], mart
        assert named(marts, f"select count(*) > 200 from {mart}") == [(True,)]
    for mart, column in PROBABILITIES.items():
        name = column.replace("_probability", "_band")
        [(high, medium, low)] = named(
            marts,
            f"select avg(cast({name} = 'high' as int)), avg(cast({name} = 'medium' as int)), avg(cast({name} = 'low' as int)) from {mart}",
        )
        assert high == pytest.approx(0.2, abs=0.02), mart
        assert medium == pytest.approx(0.3, abs=0.03), mart
        assert low == pytest.approx(0.5, abs=0.03), mart
        assert named(marts, f"select {column} from {mart} group by 1 having count(distinct {name}) > 1") == []


def test_every_model_is_trained_and_says_whether_it_beats_its_baseline(marts: duckdb.DuckDBPyConnection) -> None:
    told = dict(named(marts, "select prediction, note from model_metrics where role = 'verdict'"))
    assert set(told) == {"churn", "high_value", "next_purchase", "next_category", "lifetime_value", "revenue_forecast"}
    for prediction, note in told.items():
        assert note.startswith(("beats", "does not beat", "does worse than")), prediction
    assert named(marts, "select * from model_metrics where role = 'skipped'") == []
    assert named(marts, "select note from model_metrics where role = 'alarm'") == []
    for prediction in ("churn", "next_purchase"):
        assert told[prediction].startswith("beats"), told[prediction]


def test_tables_of_figures_add_up(marts: duckdb.DuckDBPyConnection) -> None:
    """Confusions and calibration tables are of all customers, gains end at all, lifts are 1 on average."""
    sums = named(
        marts,
        """
        select
            prediction,
            max(row_count),
            max(positive_count),
            sum(metric_value) filter (where metric like '%positive_count' or metric like '%negative_count'),
            sum(metric_value) filter (where metric in ('true_positive_count', 'false_negative_count')),
            sum(metric_value) filter (where metric = 'calibration_count'),
            max(metric_value) filter (where metric = 'gain' and bin = 10),
            avg(metric_value) filter (where metric = 'lift')
        from model_metrics
        where role = 'chosen' and prediction in ('churn', 'high_value', 'next_purchase')
        group by prediction
        """,
    )
    assert len(sums) == 3
    for prediction, rows, positives, confusion, actual, calibrated, gain, lift in sums:
        assert confusion == calibrated == rows > positives == actual > 0, prediction
        assert gain == pytest.approx(1), prediction
        assert lift == pytest.approx(1, abs=1e-5), prediction


def test_probabilities_mean_what_they_say(marts: duckdb.DuckDBPyConnection) -> None:
    """As many have the outcome as the probabilities add up to, on the period that nothing was chosen by."""
    rows = named(
        marts,
        """
        with tenths as (
            select prediction, bin, max(metric_value) filter (where metric = 'calibration_count') as how_many,
                max(metric_value) filter (where metric = 'calibration_predicted') as expected,
                max(metric_value) filter (where metric = 'calibration_observed') as observed
            from model_metrics where metric like 'calibration%' group by 1, 2
        )
        select prediction, sum(how_many * expected), sum(how_many * observed), sum(how_many) from tenths group by 1
        """,
    )
    assert len(rows) == 3
    for prediction, expected, observed, count in rows:
        assert abs(expected - observed) < 0.06 * count, prediction
    [(off,)] = named(
        marts,
        "select metric_value from model_metrics where prediction = 'lifetime_value' and role = 'chosen' and metric = 'total_off_rate'",
    )
    assert abs(off) < 0.4


def test_shuffled_outcomes_are_not_told_and_a_leak_would_be_seen(marts: duckdb.DuckDBPyConnection) -> None:
    rows = named(
        marts,
        """
        select
            prediction,
            max(metric_value) filter (where candidate = 'shuffled_outcomes'),
            max(metric_value_low) filter (where candidate = 'shuffled_outcomes'),
            max(metric_value_high) filter (where candidate = 'shuffled_outcomes'),
            max(metric_value) filter (where candidate = 'features_from_after_the_outcome'),
            max(metric_value) filter (where role = 'chosen')
        from model_metrics
        where metric = 'roc_auc' and split = 'test' and prediction in ('churn', 'high_value', 'next_purchase')
        group by prediction
        """,
    )
    assert len(rows) == 3
    for prediction, shuffled, low, high, leaking, honest in rows:
        assert low - 0.03 < 0.5 < high + 0.03, (prediction, shuffled)
        assert leaking > 0.93 > honest, prediction


def planted(landing: Path, database: Path, day: str) -> pl.DataFrame:
    """Customers who could churn at `day`, whether they did, and how likely they were to by what the generator planted.

    Whoever visits at `visit_rate` a day, leaves at `dropout_hazard` a day and was last seen q days ago has left with odds
    hazard / (rate + hazard) (exp((rate + hazard) q) - 1) to 1 (Schmittlein, Morrison and Colombo 1987); of those who have not, orders come
    at rate x buy_factor x orders per visit until they leave. Nobody who does not know the future can rank them better.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(
            f"""
            with known as (
                select
                    outcomes.has_churned,
                    planted.visit_rate as rate,
                    planted.dropout_hazard as hazard,
                    planted.visit_rate * planted.buy_factor * {ORDERS_PER_VISIT}
                        * if(planted.is_impulsive, {IMPULSIVE}, 1) as order_rate,
                    least(features.idle_days, features.recency_days) as waited
                from intermediate.int_customer_features_snapshotted as features
                inner join intermediate.int_customer_outcomes_observed as outcomes using (customer_id, snapshot_on)
                inner join read_parquet('{landing}/_truth/storefront/customers.parquet') as planted using (customer_id)
                where features.snapshot_on = date '{day}' and outcomes.has_churned is not null
            )
            select
                has_churned,
                1 - 1 / (1 + hazard / (rate + hazard) * (exp(least((rate + hazard) * waited, 50)) - 1))
                    * order_rate / (order_rate + hazard) * (1 - exp(-(order_rate + hazard) * 28)) as planted_probability
            from known
            """
        ).pl()


def told_and_planted(landing: Path, database: Path) -> tuple[float, float]:
    """The area under the ROC curve of churn's chosen model on its test period, and that of the planted probability: the ceiling."""
    with duckdb.connect(str(database), read_only=True) as connection:
        [(told, day)] = connection.execute(
            "select metric_value, snapshot_on from marts.model_metrics where prediction = 'churn' and role = 'chosen' and metric = 'roc_auc'"
        ).fetchall()
    rows = planted(landing, database, day)
    return told, float(
        roc_auc_score(rows["has_churned"].cast(pl.Int8).to_numpy(), rows["planted_probability"].to_numpy())
    )


def test_churn_is_told_nearly_as_well_as_the_planted_probability_tells_it(half_year: Path, predicted: Path) -> None:
    """Of a seventh of the default customers; the whole of them is for test_the_default_demo_reaches_the_ceiling."""
    told, ceiling = told_and_planted(half_year, predicted)
    assert ceiling > 0.75
    assert 0.85 * (ceiling - 0.5) < told - 0.5 < 1.1 * (ceiling - 0.5), (told, ceiling)


@pytest.mark.large
def test_the_default_demo_reaches_the_ceiling(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("default_predictions")
    landing = generate(folder / "landing")
    dbt = Dbt(landing, folder / "footfall.duckdb", folder / "target")
    done = dbt("build", "-s", "+churn_predictions", *WITHOUT_OTHERS)
    assert done.returncode == 0, done.output[-4000:]
    told, ceiling = told_and_planted(landing, dbt.database)
    print(f"churn: ROC-AUC {told:.4f}, planted {ceiling:.4f}, share {(told - 0.5) / (ceiling - 0.5):.3f}")
    assert told - 0.5 >= 0.95 * (ceiling - 0.5), (told, ceiling)


def test_the_same_tables_give_the_same_bytes(half_year: Path, predicted: Path, tmp_path: Path) -> None:
    """Of another build, of rows that lie in another order."""
    copy = tmp_path / "footfall.duckdb"
    shutil.copy(predicted, copy)
    with duckdb.connect(str(copy)) as connection:
        for table in ("int_customer_features_snapshotted", "int_customer_outcomes_observed"):
            connection.execute(
                f"create or replace table intermediate.{table} as from intermediate.{table} order by hash(customer_id), snapshot_on"
            )
    done = Dbt(half_year, copy, tmp_path / "target", FEW_OUTCOMES)("run", "-s", "model_metrics+", "revenue_forecast")
    assert done.returncode == 0, done.output[-4000:]
    for mart in PREDICTIONS:
        files = []
        for name, database in (("one", predicted), ("two", copy)):
            file = tmp_path / f"{mart}_{name}.csv"
            with duckdb.connect(str(database), read_only=True) as connection:
                connection.execute(f"copy (from marts.{mart} order by all) to '{file}'")
            files.append(file.read_bytes())
        assert files[0] == files[1], mart


def test_a_source_without_enough_history_says_so(build: Callable[[str], Path]) -> None:
    """The small shop has three months: nothing but the forecast can be trained, and the marts are there without rows."""
    with duckdb.connect(str(build("storefront")), read_only=True) as connection:
        notes = dict(named(connection, "select prediction, note from marts.model_metrics where role = 'skipped'"))
        assert "not trained: the outcomes of 2 of the 3 periods of 28 days that it takes are known by" in notes["churn"]
        for mart in PROBABILITIES:
            assert named(connection, f"select count(*) from marts.{mart}") == [(0,)]
        assert named(connection, "select count(*) from marts.revenue_forecast") == [(28,)]


def test_a_landing_without_rows_builds(predicted: Path, half_year: Path, tmp_path: Path) -> None:
    copy = tmp_path / "footfall.duckdb"
    shutil.copy(predicted, copy)
    with duckdb.connect(str(copy)) as connection:
        for table in (
            "intermediate.int_customer_features_snapshotted",
            "intermediate.int_customer_outcomes_observed",
            "marts.daily_kpis",
        ):
            connection.execute(f"delete from {table}")
        connection.execute("update intermediate.int_prediction_settings set as_of_date = null")
    done = Dbt(half_year, copy, tmp_path / "target", FEW_OUTCOMES)(
        "build", "-s", "model_metrics+", "revenue_forecast", *WITHOUT_OTHERS
    )
    assert done.returncode == 0, done.output[-4000:]
    with duckdb.connect(str(copy), read_only=True) as connection:
        for mart in PREDICTIONS:
            assert named(connection, f"select count(*) from marts.{mart}") == [(0,)], mart


def test_a_saved_model_holds_nothing_but_a_model(predicted: Path) -> None:
    """All types in the files are scikit-learn's and NumPy's plain ones, and what was changed is not read."""
    files = sorted((predicted.parent / "artifacts").rglob("*.skops"))
    assert len(files) == 4
    for file in files:
        assert set(skops.io.get_untrusted_types(data=file.read_bytes())) <= TRUSTED
    broken = predicted.parent / "broken"
    shutil.copytree(files[0].parent, broken)
    target = broken / files[0].name
    target.write_bytes(target.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError, match="is not the one that was saved"):
        load(target.with_suffix(".json"))
    shutil.rmtree(broken)


def test_areas_are_those_of_scikit_learn_on_the_predictions(marts: duckdb.DuckDBPyConnection) -> None:
    rng = np.random.default_rng(1)
    scores = np.array(
        [one for (one,) in named(marts, "select churn_probability from churn_predictions order by customer_id")]
    )
    outcomes = (rng.random(scores.size) < scores).astype(float)
    found = auc(outcomes, scores, np.ones((1, scores.size), np.int64))[0]
    assert found == pytest.approx(roc_auc_score(outcomes, scores), abs=1e-12)


def test_the_chance_of_an_order_by_habit_is_that_of_a_simulation(marts: duckdb.DuckDBPyConnection) -> None:
    """Of customers who visit, order and leave as the formula takes it, as many order as it says; by its own words, in every band."""
    rng = np.random.default_rng(5)
    rows = marts.sql(
        """
        select session_count, first_session_days, order_count, least(idle_days, recency_days) as idle, habitual_order_probability as told
        from built.intermediate.int_customer_features_snapshotted
        where session_count > 0 and order_count > 0
        order by hash(customer_id), snapshot_on limit 300
        """
    ).pl()
    hazard, horizon, tries = 1 / 100, 28, 4000
    for row in rows.head(60).iter_rows(named=True):
        rate = (row["session_count"] + 1) / (row["first_session_days"] + 20)
        share = (row["order_count"] + 1) / (row["session_count"] + 20)
        # From the last visit on: when the customer leaves, and when the next visit and the next order would come.
        leaves, visits = rng.exponential(1 / hazard, tries), rng.exponential(1 / rate, tries)
        silent = np.minimum(leaves, visits) > row["idle"]
        silent |= (leaves < row["idle"]) & (leaves < visits)
        orders = row["idle"] + rng.exponential(1 / (rate * share), tries)
        comes = (leaves > orders) & (orders <= row["idle"] + horizon)
        if silent.sum() > 300:
            found = comes[silent].mean()
            assert abs(found - row["told"]) < 5 * np.sqrt(0.25 / silent.sum()), row
