"""Is a table of DuckDB, row for row, the table of Spark?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

MODELS = Path(__file__).resolve().parents[2] / "models"
SCHEMAS = ("seeds", "staging", "intermediate", "marts")
RELATIVE = 1e-9
# Sums that cancel each other end this close to nothing.
ABSOLUTE = 1e-12
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


@dataclass(frozen=True)
class Comparison:
    """Of one table: how many rows DuckDB has, what differs (a line each), and the doubles that differ in their last digits only."""

    table: str
    rows: int = 0
    differences: tuple[str, ...] = ()
    rounded: tuple[str, ...] = ()


def tables_of(database: Path) -> list[str]:
    """schema.table of each table and view that dbt made in a DuckDB file, but those of Python models, which Spark has not."""
    query = "select table_schema || '.' || table_name from information_schema.tables where list_contains($schemas, table_schema) order by 1"
    with duckdb.connect(str(database), read_only=True) as connection:
        names = [name for (name,) in connection.execute(query, {"schemas": list(SCHEMAS)}).fetchall()]
    of_python = {path.stem for path in MODELS.glob("**/*.py")}
    return [name for name in names if name.split(".")[1] not in of_python]


def compare(database: Path, exported: Path, table: str) -> Comparison:
    """Compares `table` in the DuckDB file with the Parquet files that Spark wrote to exported/<table>.

    Rows count as often as they are there. Everything but doubles must be the same, types too (whole numbers may be wider); doubles
    within RELATIVE.
    """
    folder = exported / table
    if not folder.is_dir():
        return Comparison(table, 0, (f"{table}: Spark has no such table",))
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'; set threads = 2")
        ours = _columns(connection, table)
        files = f"read_parquet('{folder}/*.parquet')"
        theirs = _columns(connection, f"(select * from {files})")
        if set(ours) != set(theirs):
            return Comparison(table, 0, (f"{table}: other columns, {', '.join(sorted(set(ours) ^ set(theirs)))}",))
        differences = [
            f"{table}.{name}: {ours[name]} on DuckDB, {theirs[name]} on Spark"
            for name in ours
            if not _are_alike(ours[name], theirs[name])
        ]
        doubles = [name for name, kind in ours.items() if kind == "DOUBLE"]
        exact = [name for name in ours if name not in doubles]
        for side, source in (("ours", table), ("theirs", files)):
            fields = ", ".join(_field(name, ours[name]) for name in exact + doubles)
            connection.execute(f"create temp table {side} as select {fields} from {source} order by all nulls last")
        counts = [connection.execute(f"select count(*) from {side}").fetchone()[0] for side in ("ours", "theirs")]
        apart = _rows_apart(connection, exact) if exact else 0
        if counts[0] != counts[1] or apart:
            words = f"{table}: {counts[0]} rows on DuckDB, {counts[1]} on Spark, {apart} only on DuckDB"
            return Comparison(table, counts[0], (*differences, words, *_examples(connection, table, exact)))
        far, rounded = _doubles(connection, table, doubles)
    return Comparison(table, counts[0], (*differences, *far), rounded)


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in connection.execute(f"describe select * from {relation}").fetchall()}


def _are_alike(ours: str, theirs: str) -> bool:
    return ours == theirs or (ours in WHOLE and theirs in WHOLE)


def _field(name: str, kind: str) -> str:
    if kind in WHOLE:
        return f'cast("{name}" as hugeint) as "{name}"'
    if "[" in kind or kind.startswith("STRUCT"):
        return f'cast(to_json("{name}") as varchar) as "{name}"'
    return f'cast("{name}" as {kind}) as "{name}"'


def _chosen(columns: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _rows_apart(connection: duckdb.DuckDBPyConnection, exact: list[str]) -> int:
    query = "select count(*) from (select {0} from ours except all select {0} from theirs)"
    return connection.execute(query.format(_chosen(exact))).fetchone()[0]


def _examples(connection: duckdb.DuckDBPyConnection, table: str, exact: list[str]) -> list[str]:
    """The columns in which the first rows that only one side has differ."""
    query = "select {0} from {1} except all select {0} from {2} order by all limit 1"
    ours = connection.execute(query.format(_chosen(exact), "ours", "theirs")).fetchone()
    theirs = connection.execute(query.format(_chosen(exact), "theirs", "ours")).fetchone()
    if ours is None or theirs is None:
        return [f"{table}: for example {ours or theirs}"]
    return [
        f"{table}.{name}: for example {mine!r} on DuckDB, {yours!r} on Spark"
        for name, mine, yours in zip(exact, ours, theirs, strict=True)
        if mine != yours
    ]


def _doubles(connection: duckdb.DuckDBPyConnection, table: str, names: list[str]) -> tuple[list[str], tuple[str, ...]]:
    far, rounded = [], []
    for name in names:
        close = (
            f'abs(ours."{name}" - theirs."{name}") <= '
            f'{RELATIVE} * greatest(abs(ours."{name}"), abs(theirs."{name}")) + {ABSOLUTE}'
        )
        query = (
            f"select count(*), count(*) filter (where not coalesce({close}, false)), "
            f'arg_max(struct_pack(a := ours."{name}", b := theirs."{name}"), not coalesce({close}, false)) '
            f'from ours positional join theirs where ours."{name}" is distinct from theirs."{name}"'
        )
        differing, apart, example = connection.execute(query).fetchone()
        if apart:
            far.append(
                f"{table}.{name}: differs in {apart} rows, for example {example['a']} on DuckDB, {example['b']} on Spark"
            )
        elif differing:
            rounded.append(name)
    return far, tuple(rounded)


if __name__ == "__main__":
    results = [compare(Path(sys.argv[1]), Path(sys.argv[2]), name) for name in tables_of(Path(sys.argv[1]))]
    for line in (line for one in results for line in one.differences):
        print(line)
    print(f"{sum(bool(one.differences) for one in results)} of {len(results)} tables differ")
    print("\n".join(f"rounded: {one.table}.{name}" for one in results for name in one.rounded))
