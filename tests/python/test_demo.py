"""`make run`, on a landing that is there: what it says, and what it refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT
from footfall.findings import findings
from footfall.publish import current_version


def run_demo(landing: Path, database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`scripts/run.py` against a landing folder and a database of its own."""
    environment = {
        **os.environ,
        "FOOTFALL_LANDING": str(landing),
        "FOOTFALL_DB": str(database),
        "FOOTFALL_SERVING": str(database.parent / "serving"),
        "DBT_TARGET_PATH": str(database.parent / "target"),
        "DBT_LOG_PATH": str(database.parent / "logs"),
    }
    command = [sys.executable, "scripts/run.py", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


def test_the_demo_says_what_it_found(generated_landing: Path, tmp_path: Path) -> None:
    done = run_demo(generated_landing, tmp_path / "footfall.duckdb")
    assert done.returncode == 0, done.stderr
    for found in (
        "Sessions",
        "Payments",
        "Funnel",
        "Carts",
        "Cross-sell",
        "Sales",
        "Customers",
        "  value",
        "  at risk",
        "Predicted",
        "too little history for churn",
        "nothing is lost",
        "duckdb -readonly",
    ):
        assert found in done.stdout, found
    assert "using what is in" in done.stdout
    assert "3/3 Dashboard" in done.stdout
    assert current_version(tmp_path / "serving") is not None
    assert len(done.stdout.splitlines()) <= 22


def test_the_health_of_the_customer_base(build: Callable[[str], Path], tmp_path: Path) -> None:
    """Three lines, from the marts; a trend only where there is something before, and no crash where there is nothing."""
    database = tmp_path / "copy.duckdb"
    shutil.copy(build("storefront"), database)
    with duckdb.connect(str(database)) as connection:
        known, risky = connection.execute(
            "select count(*), count(*) filter (where is_at_risk) from marts.customer_360"
        ).fetchone()
    said = findings(database, 1)
    assert f"Customers       {known:,} known" in said
    assert f"at risk       {risky:,} (" in said
    assert said.count("since the last month end") == 2
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from intermediate.int_customers_scored where not is_latest")
    assert "since the last month end" not in findings(database, 1)
    with duckdb.connect(str(database)) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in ('intermediate', 'marts')"
        ).fetchall():
            connection.execute(f"delete from {schema}.{table}")
    assert "0 landed" in findings(database, 1)


@pytest.mark.parametrize("arguments", [(), ("--fresh",)])
def test_the_demo_never_writes_into_somebody_elses_landing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Neither beside a user's first steps (a folder without files yet) nor over a user's files."""
    landing = tmp_path / "mine"
    (landing / "storefront").mkdir(parents=True)
    if arguments:
        (landing / "storefront" / "note.txt").write_text("mine", encoding="utf-8")
    done = run_demo(landing, tmp_path / "built" / "footfall.duckdb", *arguments)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Fix:" in done.stderr
    left = [path.name for path in landing.rglob("*") if path.is_file()]
    assert left == (["note.txt"] if arguments else [])
