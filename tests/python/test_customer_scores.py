"""Scores against independent computations, the planted truth and wrong weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from conftest import Dbt, generate
from scipy.stats import rankdata

LONG_GONE_DAYS = 60
THRESHOLDS = (0.2, 0.4, 0.6, 0.8)


def rfm_of_online_retail(folder: Path) -> dict[str, str]:
    """Customer -> RFM code by the quantile method, straight from the file with Polars and NumPy.

    Recency in whole days to the last invoice's day; thresholds by linear interpolation; a score is one more for each
    threshold that the value exceeds (recency: one less). Source of the method: the tutorials on this very dataset.
    """
    lines = pl.read_parquet(folder / "online_retail" / "*.parquet").unique()
    lines = lines.with_columns(
        amount=(pl.col("Quantity") * pl.col("UnitPrice")), invoice=pl.col("InvoiceNo").cast(pl.String).str.strip_chars()
    ).filter(pl.col("UnitPrice") >= 0)
    invoices = (
        lines.filter(~pl.col("invoice").str.to_uppercase().str.starts_with("C"))
        .filter(~pl.col("invoice").str.to_uppercase().str.starts_with("A"))
        .group_by("invoice")
        .agg(
            customer=pl.col("CustomerID").drop_nulls().first(),
            day=pl.col("InvoiceDate").min().cast(pl.Date),
            amount=pl.col("amount").sum(),
            sold=((pl.col("Quantity") > 0) & (pl.col("UnitPrice") > 0)).any(),
        )
        .filter(pl.col("sold") & pl.col("customer").is_not_null())
    )
    last_day = lines["InvoiceDate"].max().date()
    people = invoices.group_by("customer").agg(
        recency=(pl.lit(last_day) - pl.col("day").max()).dt.total_days(),
        frequency=pl.len(),
        monetary=pl.col("amount").sum(),
    )

    def score(column: str) -> np.ndarray:
        values = people[column].to_numpy().astype(float).round(4)
        limits = np.quantile(values, THRESHOLDS).round(6)
        return (values[:, None] > limits[None, :]).sum(axis=1) + 1

    codes = zip(6 - score("recency"), score("frequency"), score("monetary"), strict=True)
    names = [str(int(float(name))) for name in people["customer"]]
    return {name: f"{r}{f}{m}" for name, (r, f, m) in zip(names, codes, strict=True)}


def test_rfm_by_quantiles_is_the_published_computation(
    build: Callable[[str], Path], landing: Callable[[str], Path], dbt_for: Callable[..., Dbt]
) -> None:
    """Online Retail, customer by customer."""
    folder = landing("online_retail")
    dbt = dbt_for(folder, source_system="online_retail", rfm_method="quantile")
    shutil.copy(build("online_retail"), dbt.database)
    done = dbt("run", "-s", "int_customers_scored", "customer_rfm")
    assert done.returncode == 0, done.output[-4000:]
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        found = dict(
            connection.execute("select customer_id, rfm_code from marts.customer_rfm where order_count > 0").fetchall()
        )
    expected = rfm_of_online_retail(folder)
    assert len(found) == len(expected) == 4338
    different = {name: (code, expected[name]) for name, code in found.items() if code != expected[name]}
    assert different == {}


def test_weights_that_do_not_sum_to_one_are_refused(
    build: Callable[[str], Path], dbt_for: Callable[..., Dbt], generated_landing: Path
) -> None:
    """The build stops before anything is scored, and says which weights."""
    dbt = dbt_for(generated_landing)
    shutil.copy(build("storefront"), dbt.database)
    with duckdb.connect(str(dbt.database)) as connection:
        connection.execute("update seeds.engagement_weights set weight = 0.5 where part = 'monetary'")
        connection.execute("drop table marts.customer_rfm")
    done = dbt("build", "-s", "engagement_weights_sum_to_one", "int_customers_scored", "customer_rfm")
    assert done.returncode == 1
    assert done.lines_with("Failure in test engagement_weights_sum_to_one")
    assert done.lines_with("SKIP relation intermediate.int_customers_scored")
    with duckdb.connect(str(dbt.database), read_only=True) as connection:
        assert connection.execute(
            "select count(*) from information_schema.tables where table_name = 'customer_rfm'"
        ).fetchone() == (0,)


@pytest.mark.parametrize("variable", ["rfm_method", "engagement_scaling"])
def test_an_unknown_method_is_refused(dbt_for: Callable[..., Dbt], generated_landing: Path, variable: str) -> None:
    dbt = dbt_for(generated_landing, **{variable: "magic"})
    done = dbt("compile", "-s", "int_customers_scored")
    assert done.returncode != 0
    assert done.lines_with(f"{variable} is 'magic'. Fix: ")


def auc(lower: np.ndarray, higher: np.ndarray) -> float:
    """P(a score of `higher` exceeds one of `lower`), ties half: the area under the ROC curve (Mann-Whitney)."""
    ranks = rankdata(np.concatenate([lower, higher]))
    wins = ranks[lower.size :].sum() - higher.size * (higher.size + 1) / 2
    return wins / (lower.size * higher.size)


@pytest.mark.parametrize("size", ["small", pytest.param("default", marks=pytest.mark.large)])
def test_who_dropped_out_long_ago_scores_lower(
    size: str,
    build: Callable[[str], Path],
    generated_landing: Path,
    dbt_for: Callable[..., Dbt],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Among customers who ordered: whoever the generator let drop out 60 days ago against whoever it keeps.

    A score of orders and visits cannot tell those apart who never ordered and hardly ever come.
    """
    if size == "small":
        landing, database = generated_landing, build("storefront")
    else:
        landing = generate(tmp_path_factory.mktemp("default"))
        database = dbt_for(landing).build()
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            f"""
            select engagement_score, dropped_out_on, as_of_date
            from marts.customer_360
            inner join read_parquet('{landing}/_truth/storefront/customers.parquet') using (customer_id)
            where order_count > 0
            """
        ).fetchall()
    scores = np.array([score for score, *_ in rows])
    left = np.array([(today - gone).days for _, gone, today in rows])
    gone, active = scores[left > LONG_GONE_DAYS], scores[left < 0]
    assert gone.size > 50
    assert auc(gone, active) >= 0.9
