"""Are two answers the same? Row for row, money exactly, doubles within a billionth."""

from __future__ import annotations

from pathlib import Path

import duckdb

from footfall.peers.questions import Question

TOLERANCE = 1e-9


def difference(question: Question, left: str, right: str) -> str:
    """'' when two answers (paths of Parquet files or folders of them) are equal, else what differs, in one line."""
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '4GB'; set threads = 2; set preserve_insertion_order = false")
        for name, path in (("left_rows", left), ("right_rows", right)):
            files = f"{path}/*.parquet" if Path(path).is_dir() else path
            columns = ", ".join(f"{_canonical(column, kind)} as {column}" for column, kind in question.columns.items())
            connection.execute(f"create view {name} as select {columns} from read_parquet('{files}')")
        exact = [column for column, kind in question.columns.items() if kind != "double"]
        only = [
            _only_in(connection, exact, *order) for order in (("left_rows", "right_rows"), ("right_rows", "left_rows"))
        ]
        if any(only):
            return f"{only[0]:,} rows only in the first, {only[1]:,} only in the second"
        differing = sum(
            _differing(connection, exact, column) for column, kind in question.columns.items() if kind == "double"
        )
    return f"{differing:,} values differ by more than {TOLERANCE}" if differing else ""


def _canonical(column: str, kind: str) -> str:
    """Texts may be bytes, times zoned, and money a double: as the question's type, money rounded to its fourth decimal."""
    if kind.startswith("decimal"):
        return f"cast(round(cast({column} as decimal(24, 6)), 4) as {kind})"
    if kind == "timestamp":
        return f"epoch_us({column})"
    return f"cast({column} as {kind})"


def _only_in(connection: duckdb.DuckDBPyConnection, columns: list[str], here: str, there: str) -> int:
    names = ", ".join(columns)
    query = f"select count(*) from (select {names} from {here} except all select {names} from {there})"
    return connection.execute(query).fetchone()[0]


def _differing(connection: duckdb.DuckDBPyConnection, keys: list[str], column: str) -> int:
    return connection.execute(
        f"""select count(*) from left_rows join right_rows using ({", ".join(keys)})
        where left_rows.{column} is distinct from right_rows.{column}
            and not coalesce(abs(left_rows.{column} - right_rows.{column}) <= {TOLERANCE}, false)"""
    ).fetchone()[0]
