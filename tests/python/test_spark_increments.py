"""On Spark, too, the tables after every batch are those of a full rebuild (of DuckDB's), and a killed run is made good."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Dbt
from histories import invent, land
from spark_engine import SparkDbt, needs_spark
from test_project import OF_A_RUN
from test_spark_parity import assert_same

pytestmark = needs_spark


def landings(folder: Path, count: int, batches: int, seed: int) -> list[Path]:
    """A landing root per batch, each with the files of those before."""
    arrivals = invent(count, batches, seed)
    roots = []
    for batch in range(batches):
        land(arrivals, batch, folder / "growing", seed)
        roots.append(folder / f"landing_{batch}")
        shutil.copytree(folder / "growing", roots[-1], copy_function=shutil.copy2)
    return roots


@pytest.mark.large
def test_batches_give_what_a_rebuild_gives(tmp_path: Path, dbt_for: Callable[..., Dbt]) -> None:
    """Late events, redeliveries, replaced versions and late logins, in three batches."""
    roots = landings(tmp_path, count=60, batches=3, seed=21)
    spark = SparkDbt(roots[0], tmp_path / "spark")
    exported = spark.build("seed", *(step for root in roots for step in (f"landing {root}", "run")))
    rebuilt = dbt_for(roots[-1])
    assert rebuilt("build", "--exclude-resource-type", "test", "unit_test").returncode == 0
    assert_same(rebuilt.database, exported, apart_from=OF_A_RUN)


@pytest.mark.large
def test_a_killed_run_is_made_good(tmp_path: Path, dbt_for: Callable[..., Dbt]) -> None:
    """SIGKILL at five moments of an increment."""
    roots = landings(tmp_path, count=60, batches=2, seed=22)
    spark = SparkDbt(roots[0], tmp_path / "spark")
    assert spark("seed", "run").returncode == 0
    spark.landing = roots[1]
    dice = random.Random(22)
    for _ in range(5):
        process = spark.begin("run")
        time.sleep(dice.uniform(40, 120))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        spark.ended(process)
    exported = spark.build("run")
    rebuilt = dbt_for(roots[1])
    assert rebuilt("build", "--exclude-resource-type", "test", "unit_test").returncode == 0
    assert_same(rebuilt.database, exported, apart_from=OF_A_RUN)
