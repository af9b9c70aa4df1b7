"""What Spark cannot build is left out, and said so; what a shuffle weighs is read from Spark's event log."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT, generate
from footfall.spark_benchmark import shuffles
from spark_engine import SparkDbt, needs_spark
from test_spark_parity import SMALL

pytestmark = needs_spark

PYTHON_MODEL = """
def model(dbt, session):
    dbt.config(materialized="table", tags=["duckdb_only"])
    return dbt.ref("new_files").df()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project with a Python model and a table made of it."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("dbt_project.yml", "selectors.yml", "macros", "seeds", "tests", "analyses"):
        (folder / name).symlink_to(PROJECT / name)
    shutil.copytree(PROJECT / "models", folder / "models")
    (folder / "models" / "increments" / "predicted.py").write_text(PYTHON_MODEL, encoding="utf-8")
    made_of_it = "{{ config(materialized='table') }} select * from {{ ref('predicted') }}"
    (folder / "models" / "increments" / "made_of_it.sql").write_text(made_of_it, encoding="utf-8")
    return folder


def test_a_python_model_is_left_out_with_one_line(tmp_path: Path, project: Path) -> None:
    """And what is made of it; also when it is selected by name."""
    landing = generate(tmp_path / "landing", *SMALL, "--seed", "11")
    spark = SparkDbt(landing, tmp_path / "spark")
    where = f"--project-dir {project} --profiles-dir {PROJECT}"
    listed = spark(f"ls --resource-type model {where}")
    assert listed.returncode == 0, listed.output
    assert "new_files" in listed.output
    assert "predicted" not in listed.output
    assert "made_of_it" not in listed.output
    built = spark(f"run --select new_files predicted {where}")
    assert built.returncode == 0, built.output
    (line,) = built.lines_with("Left out on Spark")
    told = line.partition("(tag duckdb_only): ")[2].partition(". Fix: build them with the target duckdb.")[0]
    assert {"predicted", "model_metrics"} <= set(told.split(", "))


SESSION = """
import sys
from pyspark.sql import SparkSession

settings = {
    "master": "local[2]", "driver.host": "127.0.0.1", "ui.enabled": "false", "sql.warehouse.dir": sys.argv[1] + "/warehouse",
    "eventLog.enabled": "true", "eventLog.dir": "file://" + sys.argv[2], "eventLog.compress": "false", "eventLog.rolling.enabled": "false",
}
builder = SparkSession.builder
for name, value in settings.items():
    builder = builder.config("spark." + name, value)
session = builder.getOrCreate()
session.sql("create schema marts")
for name, rows in (("few", 1000), ("many__new_0123abcd", 200000)):
    session.sql(f"create table marts.{name} using parquet as select uuid() as k, id from range({rows}) distribute by k")
session.sql("create table marts.none using parquet as select id from range(1000)")
session.sql("select count(distinct id) from range(100000)").collect()
session.stop()
"""


def test_shuffles_are_told_by_table(tmp_path: Path) -> None:
    """A UUID and a number are some 40 bytes; a table without a shuffle, and a query that makes no table, are not there."""
    events = tmp_path / "events"
    events.mkdir()
    command = [sys.executable, "-c", SESSION, str(tmp_path), str(events)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = shuffles(events)
    assert set(found) == {"marts.few", "marts.many"}
    assert 20 * 1_000 < found["marts.few"] < 80 * 1_000
    assert 20 * 200_000 < found["marts.many"] < 80 * 200_000
