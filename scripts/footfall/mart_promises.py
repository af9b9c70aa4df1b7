"""What the marts promise, as their YAML states it, and whether a built database keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import duckdb
import yaml

from footfall.contract import PROJECT

KEY = re.compile(r"Primary key: (?P<key>[^.]+)\.")
ONE_ROW_PER_CUSTOMER = "Grain: one row per customer known at the as-of date."
SHARE = re.compile(r"_(score|rate|part|percentile)(_low|_high)?$")
# Named like a share of 0 to 1, and none: a change, a test statistic, stars, counts of events in any order, and shares of
# money, where a single negative order leaves the range.
NO_SHARE = re.compile(
    r"^(change_rate|z_score|(mean_)?review_score|share_of_(first|previous)_rate|.*revenue_share_rate)$"
)
# Sums of doubles end a hair's breadth above 1.
HAIR = 1e-9


@dataclass(frozen=True)
class Mart:
    """A mart's promises: `key` is unique and never NULL, `shares` lie within 0 and 1 (or are NULL).

    `has_every_customer`: one row for each customer known at the as-of date.
    """

    name: str
    key: tuple[str, ...]
    shares: tuple[str, ...]
    has_every_customer: bool


@cache
def mart_yaml() -> tuple[dict, ...]:
    """What models/marts says of every mart, as the YAML has it, by name."""
    # The loader in C reads the same in an eighth of the time; not every build of PyYAML has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read = [
        yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        for path in (PROJECT / "models" / "marts").glob("*/*.yml")
    ]
    return tuple(sorted((model for one in read for model in one.get("models", [])), key=lambda model: model["name"]))


@cache
def described_marts() -> dict[str, Mart]:
    """Name -> promises of every mart that models/marts describes, by name."""
    return {model["name"]: _mart(model) for model in mart_yaml()}


def _mart(model: dict) -> Mart:
    description = " ".join(model["description"].split())
    key = KEY.search(description)
    if not key:
        raise ValueError(f"{model['name']}: its description does not say 'Primary key: ….'")
    return Mart(
        name=model["name"],
        key=tuple(column.strip() for column in key["key"].split(",")),
        shares=tuple(column["name"] for column in model["columns"] if _is_share(column)),
        has_every_customer=ONE_ROW_PER_CUSTOMER in description,
    )


def _is_share(column: dict) -> bool:
    """By the column's own test of its range where it has one, else by its name."""
    for test in column.get("data_tests", []):
        if isinstance(test, dict) and "in_range" in test:
            return test["in_range"]["arguments"] == {"min": 0, "max": 1}
    is_named_so = bool(SHARE.search(column["name"])) and not NO_SHARE.match(column["name"])
    return is_named_so and column["data_type"] == "double"


def broken_promises(connection: duckdb.DuckDBPyConnection, mart: Mart, columns: Sequence[str]) -> list[str]:
    """What the built mart (with these `columns`) does not keep, one line each; empty when all is well."""
    missing = [column for column in (*mart.key, *mart.shares) if column not in columns]
    if missing:
        return [f"{mart.name} has no column {missing[0]}: it was built by another version"]
    problems = [*_null_keys(connection, mart), *_repeated_keys(connection, mart), *_outside(connection, mart)]
    if mart.has_every_customer:
        problems += _customers_apart(connection, mart)
    return problems


def _null_keys(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Iterator[str]:
    counts = ", ".join(f"count(*) filter (where {quoted(column)} is null)" for column in mart.key)
    found = connection.execute(f"select {counts} from {table(mart.name)}").fetchone() or ()
    for column, count in zip(mart.key, found, strict=True):
        if count:
            yield f"{mart.name}: {count:,} rows have no {column}"


def _repeated_keys(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Iterator[str]:
    key = ", ".join(quoted(column) for column in mart.key)
    query = f"select {key}, count(*) as row_count from {table(mart.name)} group by {key} having count(*) > 1"
    found = connection.execute(f"select count(*) over (), * from ({query}) order by {key} limit 1").fetchone()
    if found:
        values = ", ".join(f"{name} {value}" for name, value in zip(mart.key, found[1:-1], strict=True))
        yield f"{mart.name}: {found[0]:,} keys stand more than once, such as {values} ({found[-1]:,} rows)"


def _outside(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Iterator[str]:
    if not mart.shares:
        return
    outside = {column: f"{quoted(column)} not between {-HAIR} and {1 + HAIR}" for column in mart.shares}
    measures = ", ".join(
        f"count(*) filter (where {condition}), any_value({quoted(column)}) filter (where {condition})"
        for column, condition in outside.items()
    )
    found = connection.execute(f"select {measures} from {table(mart.name)}").fetchone() or ()
    for column, count, value in zip(mart.shares, found[::2], found[1::2], strict=True):
        if count:
            yield f"{mart.name}: {column} of {count:,} rows is not within 0 and 1, such as {value}"


def _customers_apart(connection: duckdb.DuckDBPyConnection, mart: Mart) -> Iterator[str]:
    """The mart against the customers that are known at the as-of date."""
    known = "(select customer_id from intermediate.int_customers_known where is_latest)"
    found = connection.execute(f"""
        select
            count(*) filter (where mart.customer_id is null),
            count(*) filter (where known.customer_id is null)
        from {table(mart.name)} as mart
        full join {known} as known on mart.customer_id = known.customer_id
    """).fetchone() or (0, 0)
    for count, what in zip(found, ("are missing", "are not known at the as-of date"), strict=True):
        if count:
            yield f"{mart.name}: {count:,} customers {what}"


def table(mart: str) -> str:
    """A mart as SQL names it."""
    return f"marts.{quoted(mart)}"


def quoted(name: str) -> str:
    """A name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'
