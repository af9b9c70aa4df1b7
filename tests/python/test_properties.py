"""The real SQL against brute force: random histories, many of them in one query, ties and exact boundaries included.

dbt compiles the models; they run in a plain DuckDB whose `footfall` database holds stand-ins for what they read. The brute
force next to them shares nothing with the SQL: it is quadratic or worse, and written to be seen to be right.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats
from test_project import dbt_environment, manifest

SETTINGS = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
HISTORIES = 40  # in one query; times 8 examples
SECOND = 1_000_000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
EPOCH = datetime(1970, 1, 1)
# Ten minutes before midnight, so that short histories cross it.
BEGIN = int((datetime(2025, 1, 1, 23, 50) - EPOCH).total_seconds()) * SECOND


def as_time(microseconds: int) -> datetime:
    """A timestamp from microseconds since 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


# --- compiled SQL and stand-ins ---------------------------------------------------------------------------------------


@cache
def _compiled(models: tuple[str, ...], variables: str) -> dict[str, str]:
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as scratch, dbt_environment(scratch):
        arguments = ["--quiet", "compile", "--select", *models, "--vars", variables]
        done = dbtRunner(manifest=manifest()).invoke(arguments)
        assert done.success, done.exception
        return {run.node.name: run.node.compiled_code for run in done.result.results}


def compiled(*models: str, **variables: object) -> dict[str, str]:
    """Model -> its SQL as dbt compiles it under the given variables."""
    return _compiled(models, json.dumps(variables))


@cache
def compiled_macro(call: str) -> str:
    """An expression of the project's macros as SQL."""
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as scratch, dbt_environment(scratch):
        done = dbtRunner(manifest=manifest()).invoke(["--quiet", "compile", "--inline", f"{{{{ {call} }}}}"])
        assert done.success, done.exception
        return done.result.results[0].node.compiled_code


@dataclass
class StandIns:
    """A DuckDB in which tables of a build can be put by hand."""

    connection: duckdb.DuckDBPyConnection

    def put(self, relation: str, columns: dict[str, str], rows: Sequence[Sequence[object]]) -> None:
        """Replaces footfall.<relation> by these rows."""
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.connection.execute(f"create or replace table footfall.{relation} ({described})")
        # One JSON parameter: thousands of rows in one statement.
        text = json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str)
        names = ", ".join(columns)
        self.connection.execute(
            f"insert into footfall.{relation} select unnest(from_json($rows, $shape), recursive := false).* from (select 1)"
            if False
            else f"insert into footfall.{relation} select {names} from (select unnest(from_json($rows, $shape)) as r), "
            "lateral (select r.*)",
            {"rows": text, "shape": json.dumps([columns])},
        )

    def run(self, sql: str) -> list[tuple]:
        """The rows of a query."""
        return self.connection.execute(sql).fetchall()

    def make(self, relation: str, sql: str) -> None:
        """Builds footfall.<relation> from a compiled model."""
        self.connection.execute(f"create or replace table footfall.{relation} as {sql}")


@pytest.fixture(scope="session")
def stand_ins() -> Iterator[StandIns]:
    """An empty database called footfall with the schemas of a build."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as footfall")
        for schema in ("seeds", "staging", "intermediate", "marts"):
            connection.execute(f"create schema footfall.{schema}")
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false; set threads = 2")
        yield StandIns(connection)
