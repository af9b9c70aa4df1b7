"""Runs dbt commands one after the other in one process, so that Spark starts once.

    python spark_driver.py "run --target spark" "landing <root>" "run --target spark" "export spark <folder>"

`landing` names another landing folder for what follows; `export` writes each table and view of a target as Parquet to
<folder>/<schema>.<table>.
"""

from __future__ import annotations

import logging
import os
import shlex
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from spark_parity import SCHEMAS

warnings.filterwarnings("ignore")


def silence() -> None:
    """Each SQL error would be printed as a page of JSON."""
    from pyspark.logger import PySparkLogger

    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logger = PySparkLogger.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.disabled = True


def statements(target: str) -> Callable[[str], list[tuple]]:
    """A function that runs SQL where `target` does, and gives the rows."""
    if target == "spark_cluster":
        from pyhive import hive

        cursor = hive.connect("127.0.0.1", int(os.environ.get("FOOTFALL_SPARK_PORT", "10000"))).cursor()

        def remote(statement: str) -> list[tuple]:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

        return remote
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    return lambda statement: [tuple(row) for row in session.sql(statement).collect()]


def export(target: str, folder: Path) -> None:
    """Writes every table and view."""
    run = statements(target)
    for schema in SCHEMAS:
        for _, name, *_ in run(f"show tables in {schema}"):
            run(f"insert overwrite directory '{folder}/{schema}.{name}' using parquet select * from {schema}.{name}")


def main(commands: list[str]) -> int:
    """0 when every command succeeds; stops at the first that fails."""
    from dbt.cli.main import dbtRunner

    silence()
    for command in commands:
        started = time.monotonic()
        words = shlex.split(command)
        if words[0] == "landing":
            os.environ["FOOTFALL_LANDING"] = words[1]
            done = True
        elif words[0] == "export":
            export(words[1], Path(words[2]))
            done = True
        else:
            result = dbtRunner().invoke(words)
            done = result.success
            if result.exception:
                print(result.exception)
        print(f"### {command}: {'done' if done else 'failed'} in {time.monotonic() - started:.1f} s", flush=True)
        if not done:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
