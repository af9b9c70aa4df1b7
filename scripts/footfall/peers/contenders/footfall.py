"""Footfall's own rules: analyses/questions, compiled by dbt, run on DuckDB with the settings of profiles.yml."""

from __future__ import annotations

from pathlib import Path

import duckdb

from footfall.peers.questions import Task


def start(task: Task) -> duckdb.DuckDBPyConnection:
    """A connection to the database that holds the project's seeds."""
    connection = duckdb.connect(f"{task.compiled}/footfall.duckdb", read_only=True)
    connection.execute(f"set memory_limit = '{task.memory_gb}GB'; set threads = {task.threads}")
    connection.execute(
        f"set preserve_insertion_order = false; set TimeZone = 'UTC'; set temp_directory = '{task.scratch}/tmp'"
    )
    return connection


def answer(session: duckdb.DuckDBPyConnection, task: Task) -> None:
    """Runs the question's compiled analysis and writes its rows as Parquet."""
    query = Path(task.compiled, f"{task.question}.sql").read_text(encoding="utf-8")
    session.execute(f"copy ({query}) to '{task.output}' (format parquet)")
