"""Every table that DuckDB and Spark build from the same files is the same, row for row."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from conftest import PROJECT, Dbt, generate, made_once
from spark_engine import SparkDbt, needs_spark
from spark_parity import compare, tables_of
from test_project import OF_A_RUN

pytestmark = needs_spark

# Doubles whose sums or last digits depend on the order in which an engine adds; all others are equal to the last bit.
ROUNDED = frozenset(
    {
        "intermediate.int_customer_features_snapshotted.habitual_order_probability",
        "intermediate.int_customers_scored.engagement_score",
        "marts.column_profile.mean_value",
        "marts.customer_history.engagement_score",
        "marts.customer_history.engagement_score_change",
        "marts.customer_risk.gap_variation",
        "marts.late_arrivals.p95_days_late",
        "marts.payment_failure_drivers.p_value",
        "marts.payment_failure_drivers.q_value",
        "marts.score_drift.corrected_psi",
        "marts.score_drift.psi",
        "marts.session_risk.gap_variation",
        *(
            f"marts.time_to_convert.p{share}_seconds_from_{since}"
            for share in (75, 90, 95)
            for since in ("entry", "previous")
        ),
    }
)
SMALL = ("--customers", "300", "--days", "40", "--truth", "off")


def assert_same(database: Path, exported: Path, apart_from: Collection[str] = ()) -> None:
    """Every table of the DuckDB file but those named is what Spark exported."""
    tables = [table for table in tables_of(database) if table.split(".")[1] not in apart_from]
    assert len(tables) > 100
    compared = [compare(database, exported, table) for table in tables]
    differences = [line for one in compared for line in one.differences]
    assert not differences, "\n".join(differences)
    rounded = {f"{one.table}.{column}" for one in compared for column in one.rounded}
    assert rounded <= ROUNDED, sorted(rounded - ROUNDED)


def test_the_documentation_lists_the_rounded_columns() -> None:
    """docs/spark.md names every column whose doubles may differ in their last digits."""
    page = (PROJECT / "docs" / "spark.md").read_text(encoding="utf-8")
    missing = [column for column in ROUNDED if f"`{column.split('.', 1)[1]}`" not in page]
    assert not missing


def test_two_batches_of_small_data_are_the_same(tmp_path: Path, dbt_for: Callable[..., Dbt]) -> None:
    """Generated data with faults: the files of the first days, then all, with every data test and unit test; DuckDB takes all at once."""
    landing = generate(tmp_path / "landing", *SMALL, "--seed", "11")
    days = sorted({folder.name for folder in landing.glob("storefront/*/landed_on=*")})
    first = tmp_path / "first"
    for folder in landing.glob("storefront/*/landed_on=*"):
        if folder.name < days[len(days) // 2]:
            shutil.copytree(folder, first / folder.relative_to(landing), copy_function=shutil.copy2)
    spark = SparkDbt(first, tmp_path / "spark")
    exported = spark.build("seed", "run", f"landing {landing}", "build")
    assert_same(dbt_for(landing).build(), exported, apart_from=OF_A_RUN)


@pytest.mark.large
@pytest.mark.parametrize("seed", ["7", "8"])
def test_default_generated_data_is_the_same(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, dbt_for: Callable[..., Dbt], seed: str
) -> None:
    """The size of `make run`."""
    landing = made_once(tmp_path_factory, f"default_{seed}", lambda folder: generate(folder, "--seed", seed))
    assert_same(dbt_for(landing).build(), SparkDbt(landing, tmp_path / "spark").build())


@pytest.mark.large
@pytest.mark.parametrize("source", ["olist", "online_retail", "rees46"])
def test_real_data_is_the_same(
    tmp_path: Path, landing: Callable[[str], Path], build: Callable[[str], Path], source: str
) -> None:
    """Real files with the faults that real files have."""
    exported = SparkDbt(landing(source), tmp_path / "spark", variables={"source_system": source}).build()
    assert_same(build(source), exported)
