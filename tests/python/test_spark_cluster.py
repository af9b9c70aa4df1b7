"""A real cluster on this machine (one master, two workers, a Thrift server) gives the same tables, also when a worker dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PROJECT, Dbt, generate
from spark_engine import SparkDbt, needs_spark
from test_spark_parity import SMALL, assert_same

pytestmark = [*needs_spark, pytest.mark.large]

SCRIPT = str(PROJECT / "scripts" / "spark_cluster.sh")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A running cluster whose tables lie in tmp_path/spark: the variables that it was started with."""
    settings = {
        "FOOTFALL_SPARK": str(tmp_path / "spark"),
        "FOOTFALL_SPARK_PORT": "10917",
        "FOOTFALL_SPARK_MASTER_PORT": "7917",
        "FOOTFALL_SPARK_WORKER_MEMORY": "2g",
        "PYTHON": sys.executable,
    }
    environment = {**os.environ, **settings}
    started = subprocess.run([SCRIPT, "start"], env=environment, capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stdout + started.stderr
    yield settings
    stopped = subprocess.run([SCRIPT, "stop"], env=environment, capture_output=True, text=True, check=False)
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr


def test_a_worker_is_killed_in_the_middle_of_a_build(
    tmp_path: Path, cluster: dict[str, str], dbt_for: Callable[..., Dbt]
) -> None:
    """The build goes on with the other one."""
    landing = generate(tmp_path / "landing", *SMALL, "--seed", "11")
    spark = SparkDbt(landing, tmp_path / "spark", target="spark_cluster", settings=cluster)
    build = spark.begin("build --exclude resource_type:unit_test", "export")
    sessions = tmp_path / "spark" / "warehouse" / "intermediate.db" / "int_events_sessionized"
    while build.poll() is None and not sessions.exists():
        time.sleep(0.2)
    assert build.poll() is None, "the build ended before the worker could be killed"
    worker = int((tmp_path / "spark" / "cluster" / "worker_1.pid").read_text(encoding="utf-8"))
    os.killpg(worker, signal.SIGKILL)
    done = spark.ended(build)
    assert done.returncode == 0, done.output[-8000:]
    log = (tmp_path / "spark" / "cluster" / "master.log").read_text(encoding="utf-8")
    assert "Removing worker" in log
    assert_same(dbt_for(landing).build(), spark.exported)
