"""Reads the marts of a built database, to hold them against the oracle's."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

SCHEMA = "marts"


def built_marts(database: Path) -> set[str]:
    """The names of the marts in a database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select table_name from information_schema.tables where table_schema = ?", [SCHEMA]
        ).fetchall()
    return {name for (name,) in rows}


def built_mart(database: Path, mart: str) -> pl.DataFrame:
    """A mart or an intermediate table; `quarantined_counts` is summed up from `quarantined_rows`."""
    schema = "intermediate" if mart.startswith("int_") else SCHEMA
    query = f"select * from {schema}.{mart}"
    if mart == "quarantined_counts":
        query = f"""
            select
                source_table,
                coalesce(landed_on, date '1970-01-01') as landed_on,
                rejection_reasons,
                count(*) as row_count
            from {SCHEMA}.quarantined_rows
            group by all
        """
    with (
        TemporaryDirectory() as folder,
        duckdb.connect(str(database), read_only=True) as connection,
    ):
        path = Path(folder) / "mart.parquet"
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")
        return pl.read_parquet(path, memory_map=False)
