"""Each rejection rule of the landing contract, broken exactly at its edge, and what becomes of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from conftest import PROJECT
from test_project import build_here

LANDED_ON = "2025-01-10"
LAST_PLAUSIBLE = "2025-01-11T23:59:59.999999Z"
FIRST_FUTURE = "2025-01-12T00:00:00Z"
FIRST_PLAUSIBLE = "1990-01-01T00:00:00Z"
NEVER_SET = "1989-12-31T23:59:59.999999Z"
GARBAGE = "yesterday-ish"
MOST = "1000000000"
TOO_MUCH = "1000000000.01"

Row = dict[str, str | None]
# (mark that names the row, what is changed in a good row, reasons as they should come out)
Case = tuple[str, Row, str]

GOOD: dict[str, Row] = {
    "clickstream": {
        "event_id": "e",
        "event_at": "2025-01-10T10:00:00Z",
        "visitor_id": "v1",
        "customer_id": None,
        "event_name": "view_item",
    },
    "cart_events": {
        "event_id": "k",
        "event_at": "2025-01-10T10:00:00Z",
        "visitor_id": "v1",
        "customer_id": None,
        "event_name": "add_to_cart",
        "product_id": "p1",
        "quantity": "1",
        "unit_price": "9.99",
    },
    "payment_attempts": {
        "payment_id": "a",
        "attempted_at": "2025-01-10T10:00:00Z",
        "visitor_id": "v1",
        "customer_id": None,
        "order_id": "o1",
        "amount": "9.99",
        "result": "approved",
    },
    "customers": {"customer_id": "c", "signed_up_at": "2025-01-10"},
    "products": {"product_id": "p", "product_name": "Tea", "unit_price": "1", "unit_cost": "1", "category": "Tea"},
    "orders": {
        "order_id": "o",
        "customer_id": "c1",
        "ordered_at": "2025-01-10T10:00:00Z",
        "status": "Paid",
        "order_amount": "9.99",
    },
    "order_items": {"order_item_id": "i", "order_id": "o1", "product_id": "p1", "quantity": "1", "unit_price": "9.99"},
    "reviews": {"review_id": "r", "order_id": "o1", "score": "5", "reviewed_at": "2025-01-10T10:00:00Z"},
}
# The row's own id, and the free column that carries the mark (reviews have none: their order's id does).
IDS = {
    "clickstream": "event_id",
    "cart_events": "event_id",
    "payment_attempts": "payment_id",
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "order_items": "order_item_id",
    "reviews": "review_id",
}
MARKS = {
    "clickstream": "search_term",
    "cart_events": "app_version",
    "payment_attempts": "app_version",
    "customers": "customer_name",
    "products": "brand",
    "orders": "currency",
    "order_items": "seller_id",
    "reviews": "order_id",
}


def event_cases(at: str, event_id: str) -> list[Case]:
    """The rules that all three logs share."""
    return [
        ("good", {}, ""),
        ("id null", {event_id: None}, "missing_event_id"),
        ("id blank", {event_id: "  "}, "missing_event_id"),
        ("visitor blank", {"visitor_id": ""}, "missing_visitor_id"),
        ("visitor blank, customer known", {"visitor_id": "", "customer_id": "c1"}, ""),
        ("visitor and customer blank", {"visitor_id": " ", "customer_id": " "}, "missing_visitor_id"),
        ("time null", {at: None}, "missing_event_at"),
        ("time blank", {at: " "}, "missing_event_at"),
        ("time is garbage", {at: GARBAGE}, "unparseable_event_at"),
        ("time has a month 13", {at: "2025-13-01T10:00:00Z"}, "unparseable_event_at"),
        ("time is a 29 February", {at: "2025-02-29T10:00:00Z"}, "unparseable_event_at"),
        ("time at the edge", {at: LAST_PLAUSIBLE}, ""),
        ("time behind the edge", {at: FIRST_FUTURE}, "future_event_at"),
        ("time of a clock just set", {at: FIRST_PLAUSIBLE}, ""),
        ("time of a clock never set", {at: NEVER_SET}, "implausible_event_at"),
        ("edge by the offset", {at: "2025-01-12T01:30:00+02:00"}, ""),
        ("behind the edge by the offset", {at: "2025-01-11T22:30:00-02:00"}, "future_event_at"),
        ("several", {event_id: "", "visitor_id": "", at: ""}, "missing_event_id,missing_visitor_id,missing_event_at"),
    ]


def amount_cases(column: str, reason: str = "amount") -> list[Case]:
    """An amount at its edges; a missing one is no reason."""
    return [
        (f"{column} null", {column: None}, ""),
        (f"{column} zero", {column: "0"}, ""),
        (f"{column} a cent below", {column: "-0.01"}, f"negative_{reason}"),
        (f"{column} is a word", {column: "free"}, f"unparseable_{reason}"),
        (f"{column} with a comma", {column: "9,99"}, f"unparseable_{reason}"),
        (f"{column} is no number", {column: "NaN"}, f"unparseable_{reason}"),
        (f"{column} at the most", {column: MOST}, ""),
        (f"{column} above the most", {column: TOO_MUCH}, "implausible_amount"),
    ]


def quantity_cases(missing: str) -> list[Case]:
    """A quantity at its edges; `missing` is the reason of a row without one."""
    return [
        ("quantity null", {"quantity": None}, missing),
        ("quantity blank", {"quantity": " "}, missing),
        ("quantity zero", {"quantity": "0"}, "nonpositive_quantity"),
        ("quantity below zero", {"quantity": "-1"}, "nonpositive_quantity"),
        ("quantity is a word", {"quantity": "two"}, "unparseable_quantity"),
        ("quantity is a whole decimal", {"quantity": "2.0"}, ""),
        ("quantity at the most", {"quantity": "1000000000", "unit_price": None}, ""),
        ("quantity above the most", {"quantity": "1000000001", "unit_price": None}, "implausible_quantity"),
        ("quantity times price above the most", {"quantity": "1000000", "unit_price": "1001"}, "implausible_amount"),
    ]


CASES: dict[str, list[Case]] = {
    "clickstream": event_cases("event_at", "event_id"),
    "cart_events": event_cases("event_at", "event_id") + quantity_cases("") + amount_cases("unit_price"),
    "payment_attempts": [
        *event_cases("attempted_at", "payment_id"),
        *amount_cases("amount"),
        ("result in capitals", {"result": "DECLINED"}, ""),
        ("result null", {"result": None}, "unknown_payment_result"),
        ("result blank", {"result": " "}, "unknown_payment_result"),
        ("result unknown", {"result": "maybe"}, "unknown_payment_result"),
        ("worst", {"amount": "-1", "result": "maybe"}, "negative_amount,unknown_payment_result"),
    ],
    "customers": [
        ("good", {}, ""),
        ("id blank", {"customer_id": " "}, "missing_customer_id"),
        ("time missing", {"signed_up_at": ""}, ""),
        ("time is garbage", {"signed_up_at": GARBAGE}, "unparseable_signed_up_at"),
        ("time at the edge", {"signed_up_at": LAST_PLAUSIBLE}, ""),
        ("time behind the edge", {"signed_up_at": FIRST_FUTURE}, "future_signed_up_at"),
        ("birth year is a word", {"birth_year": "MCMXC"}, ""),
    ],
    "products": [
        ("good", {}, ""),
        ("id blank", {"product_id": " "}, "missing_product_id"),
        *amount_cases("unit_price", "unit_price"),
        ("unit_cost zero", {"unit_cost": "0"}, ""),
        ("unit_cost a cent below", {"unit_cost": "-0.01"}, "negative_unit_cost"),
        ("unit_cost is a word", {"unit_cost": "cheap"}, ""),
        ("unit_cost above the most", {"unit_cost": TOO_MUCH}, "implausible_amount"),
    ],
    "orders": [
        ("good", {}, ""),
        ("a guest's", {"customer_id": ""}, ""),
        ("id blank", {"order_id": " "}, "missing_order_id"),
        ("time missing", {"ordered_at": ""}, "missing_ordered_at"),
        ("time is garbage", {"ordered_at": GARBAGE}, "unparseable_ordered_at"),
        ("time at the edge", {"ordered_at": LAST_PLAUSIBLE}, ""),
        ("time behind the edge", {"ordered_at": FIRST_FUTURE}, "future_ordered_at"),
        ("time of a clock never set", {"ordered_at": NEVER_SET}, "implausible_ordered_at"),
        *amount_cases("order_amount"),
    ],
    "order_items": [
        ("good", {}, ""),
        ("order blank", {"order_id": " "}, "missing_order_id"),
        ("product blank", {"product_id": " "}, "missing_product_id"),
        *quantity_cases("missing_quantity"),
        *amount_cases("unit_price"),
        *amount_cases("amount"),
    ],
    "reviews": [
        ("good", {}, ""),
        ("id blank", {"review_id": " "}, "missing_review_id"),
        ("order blank", {"order_id": " "}, "missing_order_id"),
        ("time missing", {"reviewed_at": ""}, "missing_reviewed_at"),
        ("time is garbage", {"reviewed_at": GARBAGE}, "unparseable_reviewed_at"),
        ("time at the edge", {"reviewed_at": LAST_PLAUSIBLE}, ""),
        ("time behind the edge", {"reviewed_at": FIRST_FUTURE}, "future_reviewed_at"),
        ("score missing", {"score": ""}, "score_out_of_range"),
        ("score 0", {"score": "0"}, "score_out_of_range"),
        ("score 1", {"score": "1"}, ""),
        ("score 5", {"score": "5"}, ""),
        ("score 6", {"score": "6"}, "score_out_of_range"),
        ("score is a word", {"score": "great"}, "score_out_of_range"),
    ],
}
# What a plain cast lets through: fractions are no quantities and no scores, infinity is no time. In files of their own.
LET_THROUGH: dict[str, list[Case]] = {
    "clickstream": [("time is infinite", {"event_at": "-infinity"}, "unparseable_event_at")],
    "cart_events": [("quantity is a fraction", {"quantity": "2.5"}, "unparseable_quantity")],
    "order_items": [("quantity is a fraction", {"quantity": "0.5"}, "unparseable_quantity")],
    "reviews": [("score is a fraction", {"score": "4.6"}, "score_out_of_range")],
}
LINES: dict[str, str] = {
    '{"event_id": "broken", "event_at": ': "malformed_json",
    "not json at all": "malformed_json",
    '["an", "array"]': "malformed_json",
    '"a string"': "malformed_json",
    "12": "malformed_json",
    "null": "malformed_json",
    "   ": "malformed_json",
    "{}": "missing_event_id,missing_visitor_id,missing_event_at",
    '{"event_id": "", "event_at": null, "visitor_id": "v1"}': "missing_event_id,missing_event_at",
}
GOOD_LINES = [
    '{"event_id": "l1", "event_at": "2025-01-10T12:00:00+02:00", "visitor_id": "v1", "event_name": "add_to_cart"}',
    '  {"event_id": "l2", "event_at": "2025-01-10 10:00:00", "visitor_id": "v1", "event_name": " Add_To_Cart"}',
    "",
    '{"event_id": "l3", "event_at": "2025-01-10T05:30:00-04:30", "visitor_id": 7, "event_name": "add_to_cart"}',
]
CATEGORIES: dict[str, str | None] = {
    "Home & Kitchen": "home_and_kitchen",
    "HOME and kitchen": "home_and_kitchen",
    " home_&_kitchen ": "home_and_kitchen",
    "home--and--kitchen": "home_and_kitchen",
    "Möbel/Größe 2": "möbel_größe_2",
    "!!!": None,
    "": None,
}


def write_rows(
    root: Path, table: str, rows: Sequence[Mapping[str, object]], day: str = LANDED_ON, name: str = "a"
) -> Path:
    """Lands rows as Parquet, every value as text; all rows have the columns of all."""
    columns = dict.fromkeys(column for row in rows for column in row)
    data = {column: [None if row.get(column) is None else str(row[column]) for row in rows] for column in columns}
    path = root / "storefront" / table / f"landed_on={day}" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(data, schema=dict.fromkeys(columns, pl.String)).write_parquet(path)
    return path


def write_lines(root: Path, table: str, lines: Sequence[str], day: str = LANDED_ON, name: str = "a") -> Path:
    """Lands JSON lines as they are."""
    path = root / "storefront" / table / f"landed_on={day}" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def good_row(table: str, **changes: str | None) -> Row:
    """A row of `table` that no rule refuses."""
    return {**GOOD[table], **changes}


def write_good_landing(root: Path) -> Path:
    """The smallest landing of the contract: one good row per table."""
    for table in GOOD:
        write_rows(root, table, [good_row(table)])
    return root


def marked_rows(table: str, cases: Sequence[Case], prefix: str = "") -> list[Row]:
    """A row per case, with ids that differ (but for the case's own change) and the mark in the free column."""
    return [
        {**GOOD[table], IDS[table]: f"{prefix}{table}-{number}", MARKS[table]: mark, **changes}
        for number, (mark, changes, _) in enumerate(cases)
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a landing that breaks every rule; up to the quality marts."""
    root = tmp_path_factory.mktemp("edges")
    for table, cases in CASES.items():
        write_rows(root, table, marked_rows(table, cases))
    for table, cases in LET_THROUGH.items():
        write_rows(root, table, marked_rows(table, cases, "slippery-"), name="slippery")
    for table in ("clickstream", "cart_events"):
        lines = [*LINES, *GOOD_LINES]
        write_lines(root, table, [line.replace('"l', f'"{table}-l') for line in lines], name="lines")
    write_rows(
        root,
        "products",
        [good_row("products", product_id=f"n{n}", brand=f"n{n}", category=text) for n, text in enumerate(CATEGORIES)],
        name="categories",
    )
    line = good_row("order_items", order_item_id=None, product_id="p7", seller_id="no id")
    write_rows(root, "order_items", [line, line], name="lines_without_id")
    write_rows(root, "order_items", [line], day="2025-01-12", name="lines_without_id")
    database = tmp_path_factory.mktemp("edges_built") / "footfall.duckdb"
    succeeded, told = build_here(root, database, "--select", "+quarantined_rows", "+row_reconciliation")
    assert succeeded, told
    return database


@pytest.fixture(scope="module")
def database(built: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built database; what the staging views show is kept, for another build may land other files."""
    with duckdb.connect(str(built)) as connection:
        connection.execute("set TimeZone = 'UTC'; create schema kept")
        for table in CASES:
            name = f"stg_storefront__{table}"
            connection.execute(f"create table kept.{name} as from staging.{name}")
        yield connection


def reasons_of(database: duckdb.DuckDBPyConnection, table: str, file: str) -> dict[str, str]:
    """Mark -> reasons, of the rows of one file."""
    mark = "coalesce(order_id, review_id)" if table == "reviews" else MARKS[table]
    query = f"select {mark}, _rejection_reasons from kept.stg_storefront__{table} where _source_file like ?"
    rows = database.execute(query, [f"%/{file}.parquet"]).fetchall()
    assert len({mark for mark, _ in rows}) == len(rows), "two rows have one mark"
    return dict(rows)


def expected_reasons(table: str, cases: Sequence[Case]) -> dict[str, str]:
    """What the cases say, under the marks that the built rows have."""
    marks = [f"{table}-{n}" if table == "reviews" and "order_id" in c[1] else c[0] for n, c in enumerate(cases)]
    return {mark: case[2] for mark, case in zip(marks, cases, strict=True)}


@pytest.mark.parametrize("table", CASES)
def test_each_row_has_exactly_its_reasons(database: duckdb.DuckDBPyConnection, table: str) -> None:
    assert reasons_of(database, table, "a") == expected_reasons(table, CASES[table])


@pytest.mark.parametrize("table", LET_THROUGH)
def test_what_a_plain_cast_lets_through(database: duckdb.DuckDBPyConnection, table: str) -> None:
    assert reasons_of(database, table, "slippery") == expected_reasons(table, LET_THROUGH[table])


@pytest.mark.parametrize("table", ["clickstream", "cart_events"])
def test_json_lines(database: duckdb.DuckDBPyConnection, table: str) -> None:
    """A line that is no object is refused whole, as it came; a blank one is no row."""
    view = f"kept.stg_storefront__{table}"
    query = f"select event_id, _rejection_reasons, _raw_row from {view} where _source_file like '%.jsonl'"
    rows = database.execute(query).fetchall()
    assert {raw: reasons for _, reasons, raw in rows if reasons} == LINES
    assert sorted(event_id for event_id, reasons, _ in rows if not reasons) == [f"{table}-l{n}" for n in (1, 2, 3)]


def test_every_rule_of_the_yaml_is_hit(database: duckdb.DuckDBPyConnection) -> None:
    """A rule that no row of this test breaks is a rule that nobody has seen at work."""
    stated, hit = set(), set()
    for path in sorted((PROJECT / "models/staging/storefront").glob("stg_*.yml")):
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        stated |= {(model["name"], rule["name"]) for rule in model["config"]["meta"]["rejection_rules"]}
        for (reasons,) in database.execute(f"select distinct _rejection_reasons from kept.{model['name']}").fetchall():
            hit |= {(model["name"], reason) for reason in reasons.split(",") if reason}
    assert len(stated) >= 49
    assert hit == stated


def test_times_are_normalized_to_utc(database: duckdb.DuckDBPyConnection) -> None:
    """With an offset, with Z and without: one instant each, in UTC."""
    query = """
        select right(event_id, 2), cast(event_at as varchar), visitor_id from kept.stg_storefront__clickstream
        where event_id like 'clickstream-l%' order by 1
    """
    ten_o_clock = "2025-01-10 10:00:00"
    assert database.execute(query).fetchall() == [
        ("l1", ten_o_clock, "v1"),
        ("l2", ten_o_clock, "v1"),
        ("l3", ten_o_clock, "7"),
    ]


def test_event_names_are_mapped_in_any_case(database: duckdb.DuckDBPyConnection) -> None:
    query = "select event_type from intermediate.int_events_batched where event_id = 'clickstream-l2'"
    assert database.execute(query).fetchall() == [("add_to_cart",)]


def test_one_spelling_per_category(database: duckdb.DuckDBPyConnection) -> None:
    view = "kept.stg_storefront__products"
    query = f"select product_id, category from {view} where _source_file like '%/categories.parquet'"
    found = dict(database.execute(query).fetchall())
    assert {text: found[f"n{n}"] for n, text in enumerate(CATEGORIES)} == CATEGORIES


def test_a_missing_quantity_of_a_cart_event_is_one(database: duckdb.DuckDBPyConnection) -> None:
    query = "select quantity from kept.stg_storefront__cart_events where app_version = 'quantity null'"
    assert database.execute(query).fetchall() == [(1,)]


def test_lines_without_an_id(database: duckdb.DuckDBPyConnection) -> None:
    """Two equal lines in a file are two lines; the same line in another file is a redelivery."""
    query = """
        select _landed_on::varchar, _fate, count(*), count(distinct order_item_id)
        from intermediate.int_order_items_fated where seller_id = 'no id' group by all order by all
    """
    assert database.execute(query).fetchall() == [
        ("2025-01-10", "accepted", 1, 1),
        ("2025-01-10", "duplicate", 1, 1),
        ("2025-01-12", "accepted", 1, 1),
    ]


def test_one_extreme_row_does_not_stop_a_build(tmp_path: Path) -> None:
    """Numbers that are none, and amounts beyond what a column holds: the row suffers, not the shop."""
    write_good_landing(tmp_path / "landing")
    too_much = {"quantity": "1000000000000000", "unit_price": "1000"}
    for table, changes in {
        "customers": {"customer_id": "c9", "latitude": "nan", "longitude": "inf"},
        "cart_events": {"event_id": "k9", **too_much},
        "order_items": {"order_item_id": "i9", **too_much},
    }.items():
        write_rows(tmp_path / "landing", table, [good_row(table, **changes)], name="extreme")
    database = tmp_path / "footfall.duckdb"
    succeeded, told = build_here(tmp_path / "landing", database, "--select", "+column_profile", "+row_reconciliation")
    assert succeeded, told


def test_nothing_is_lost(database: duckdb.DuckDBPyConnection) -> None:
    """Landed rows of every table are accounted for, and the refused ones are all in quarantined_rows."""
    landed = {table: len(cases) + len(LET_THROUGH.get(table, [])) for table, cases in CASES.items()}
    for table in ("clickstream", "cart_events"):
        landed[table] += len(LINES) + len([line for line in GOOD_LINES if line])
    landed["products"] += len(CATEGORIES)
    landed["order_items"] += 3
    query = """
        select source_table, sum(landed_count)::bigint, sum(quarantined_count)::bigint, bool_and(is_balanced)
        from marts.row_reconciliation group by 1
    """
    rows = database.execute(query).fetchall()
    assert {table: count for table, count, _, _ in rows} == landed
    assert all(is_balanced for *_, is_balanced in rows)
    kept = dict(database.execute("select source_table, count(*) from marts.quarantined_rows group by 1").fetchall())
    assert kept == {table: count for table, _, count, _ in rows}
