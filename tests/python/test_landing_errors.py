"""A landing that cannot be right stops the build: one line that names file and fix, and nothing is changed."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
from conftest import Dbt
from footfall.contract import landed_tables
from footfall.landing_checks import landing_problems
from test_project import SOURCES, build_here, dbt_environment, linked_landing
from test_staging_rules import LANDED_ON, good_row, write_good_landing, write_lines, write_rows

Fingerprint = dict[str, tuple[int, int] | None]


def fingerprint(database: Path) -> Fingerprint:
    """Every relation of a database with its number of rows and a hash of them (views by name only: they read files)."""
    with duckdb.connect(str(database), read_only=True) as connection:
        relations = connection.execute(
            "select table_schema || '.' || table_name, table_type from information_schema.tables"
        ).fetchall()
        return {
            name: connection.execute(f"select count(*), sum(cast(hash(t) as hugeint)) from {name} as t").fetchone()
            if kind == "BASE TABLE"
            else None
            for name, kind in relations
        }


@dataclass
class Shop:
    """A landing that was built once; each test spoils its files and asks for another build."""

    landing: Path
    database: Path
    source: str = "storefront"

    def table(self, name: str) -> Path:
        """Folder of a landed table."""
        return self.landing / "storefront" / name

    def file(self, name: str) -> Path:
        """The one Parquet file of a landed table."""
        return self.table(name) / f"landed_on={LANDED_ON}" / "a.parquet"

    def land_again(self) -> None:
        """Puts the good files back."""
        shutil.rmtree(self.landing, ignore_errors=True)
        write_good_landing(self.landing)

    def build(self, *arguments: str, source: str | None = None) -> tuple[bool, list[str]]:
        """dbt build of all files: did it succeed, and the errors it told, with the paths of the landing as they are."""
        arguments = ("--full-refresh", *arguments)
        succeeded, told = build_here(self.landing, self.database, *arguments, source=source or self.source)
        return succeeded, [message.replace(str(linked_landing()), str(self.landing)) for message in told]


@pytest.fixture(scope="module")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The landing and the database that dbt built from it."""
    folder = tmp_path_factory.mktemp("shop")
    shop = Shop(write_good_landing(folder / "landing"), folder / "footfall.duckdb")
    succeeded, told = shop.build()
    assert succeeded, told
    return shop


@pytest.fixture
def shop(built_shop: Shop) -> Iterator[Shop]:
    """The built shop with good files; after the test its database must be as it was."""
    built_shop.land_again()
    before = fingerprint(built_shop.database)
    yield built_shop
    assert len(before) > 60
    assert fingerprint(built_shop.database) == before


def assert_one_line(told: list[str], *parts: str) -> None:
    """One line among what was told says it all: each of `parts` and the fix."""
    lines = [line for message in told for line in message.splitlines() if "Fix:" in line]
    assert len(lines) == 1, told
    assert [part for part in parts if part not in lines[0]] == [], lines[0]


def without_column(shop: Shop) -> Path:
    path = shop.file("products")
    pl.read_parquet(path, hive_partitioning=False).drop("unit_price").write_parquet(path)
    return path


def truncated(shop: Shop) -> Path:
    path = shop.file("orders")
    path.write_bytes(path.read_bytes()[:-200])
    return path


def without_bytes(shop: Shop) -> Path:
    path = shop.file("customers")
    path.write_bytes(b"")
    return path


def with_a_broken_footer(shop: Shop) -> Path:
    path = shop.file("order_items")
    content = path.read_bytes()
    path.write_bytes(content[:-60] + b"\xff" * 52 + content[-8:])
    return path


def no_parquet(shop: Shop) -> Path:
    path = shop.table("orders") / f"landed_on={LANDED_ON}" / "export.parquet"
    path.write_text("order_id,customer_id\no1,c1\n")
    return path


def no_day(shop: Shop) -> Path:
    folder = shop.table("orders") / "landed_on=2025-02-30"
    shutil.copytree(shop.file("orders").parent, folder)
    return folder


def without_table(shop: Shop) -> Path:
    shutil.rmtree(shop.table("orders"))
    return shop.table("orders")


def without_files(shop: Shop) -> Path:
    shutil.rmtree(shop.landing)
    shop.landing.mkdir()
    return shop.landing


SPOILED: dict[Callable[[Shop], Path], tuple[str, ...]] = {
    without_column: ("unit_price", "'products' is missing", "add the column unit_price"),
    truncated: ("no whole Parquet file", "land it again"),
    without_bytes: ("no whole Parquet file", "land it again"),
    with_a_broken_footer: ("cannot be read as Parquet", "land it again"),
    no_parquet: ("no whole Parquet file", "land it again"),
    no_day: ("landed_on", "is no day", "landed_on=YYYY-MM-DD"),
    without_table: ("'orders' has no files", "land at least one file"),
    without_files: ("no files of source 'storefront'", "FOOTFALL_LANDING"),
}


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_a_spoiled_landing_changes_nothing(shop: Shop, spoil: Callable[[Shop], Path]) -> None:
    path = spoil(shop)
    succeeded, told = shop.build()
    assert not succeeded
    assert_one_line(told, str(path), *SPOILED[spoil])


def test_several_problems_are_counted(shop: Shop) -> None:
    """The first is told, and where to see the others."""
    without_column(shop)
    truncated(shop)
    _, told = shop.build()
    assert_one_line(told, "(and 1 more: python scripts/validate.py)")


def test_another_source_is_refused(shop: Shop) -> None:
    """One database holds one source."""
    succeeded, told = shop.build(source="olist")
    assert not succeeded
    assert_one_line(told, "source_system 'storefront'", "not 'olist'", "FOOTFALL_DB")


def test_an_unknown_source_is_refused(shop: Shop) -> None:
    """While dbt parses, so nothing has been opened yet; the sources that there are stand in the line."""
    from dbt.cli.main import dbtRunner

    with dbt_environment(str(shop.database.parent), str(shop.database)):
        done = dbtRunner().invoke(["--quiet", "build", "--vars", "source_system: nonsense"])
    assert not done.success
    assert_one_line([str(done.exception)], "nonsense", *SOURCES)


def test_the_command_tells_one_line(shop: Shop) -> None:
    """What the console shows, and the exit code."""
    path = truncated(shop)
    dbt = Dbt(shop.landing, shop.database, shop.database.parent / "target_of_command")
    run = dbt("build", "--full-refresh")
    assert run.returncode != 0
    assert_one_line(run.output.splitlines(), str(path), "land it again")


def test_optional_tables_may_be_missing(built_shop: Shop) -> None:
    """No carts, no payments, no reviews, the clicks as JSON lines only: a build all the same."""
    built_shop.land_again()
    for table in ("clickstream", "cart_events", "payment_attempts", "reviews"):
        shutil.rmtree(built_shop.table(table))
    line = '{"event_id": "l1", "event_at": "2025-01-10T10:00:00Z", "visitor_id": "v1", "event_name": "page_view"}'
    write_lines(built_shop.landing, "clickstream", [line])
    assert landing_problems("storefront", str(built_shop.landing)) == []
    succeeded, told = built_shop.build(
        "--select", "+fct_sessions", "+fct_payments", "+fct_orders", "+row_reconciliation"
    )
    assert succeeded, told
    found = fingerprint(built_shop.database)
    counts = {name: value[0] for name, value in found.items() if value}
    assert counts["intermediate.int_sessions_summarized"] == 1
    assert counts["intermediate.int_payments_identified"] == 0
    assert counts["intermediate.int_orders_fated"] == 1


# --- CSV sources ------------------------------------------------------------------------------------------------------


@pytest.fixture
def olist(tmp_path: Path) -> Path:
    """The headers of all nine files and nothing else."""
    for table in landed_tables("olist", str(tmp_path)):
        path = Path(table.patterns[0])
        path.parent.mkdir(exist_ok=True)
        path.write_text(",".join(table.columns) + "\n", encoding="utf-8")
    return tmp_path


def rewrite_header(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Changes the columns of a CSV without rows."""
    path.write_text(",".join(change(path.read_text(encoding="utf-8").strip().split(","))) + "\n", encoding="utf-8")


def test_headers_of_the_contract_are_fine(olist: Path) -> None:
    assert landing_problems("olist", str(olist)) == []
    orders = olist / "olist/olist_orders_dataset.csv"
    orders.write_bytes(b"\xef\xbb\xbf" + orders.read_bytes())
    assert landing_problems("olist", str(olist)) == []


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda columns: columns[::-1], ("in this order", "bring them into the order order_id, customer_id")),
        (lambda columns: [*columns, "extra"], ("order_estimated_delivery_date, extra", "bring them into the order")),
        (lambda columns: columns[1:], ("order_id", "'orders' is missing", "add the column order_id")),
    ],
    ids=["another order", "one more", "one less"],
)
def test_headers_of_a_csv(olist: Path, change: Callable[[list[str]], list[str]], parts: tuple) -> None:
    """Into a database of its own: dbt stops, and there is nothing in it afterwards."""
    path = olist / "olist/olist_orders_dataset.csv"
    rewrite_header(path, change)
    new = Shop(olist, olist / "footfall.duckdb", "olist")
    succeeded, told = new.build()
    assert not succeeded
    assert_one_line(told, str(path), *parts)
    assert fingerprint(new.database) == {}


def test_a_packed_csv_is_looked_into(tmp_path: Path) -> None:
    """REES46 comes gzipped, too: a good file is fine, one that was cut is not."""
    (table,) = landed_tables("rees46", str(tmp_path))
    path = tmp_path / "rees46" / "2019-Oct.csv.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress((",".join(table.columns) + "\n").encode()))
    assert landing_problems("rees46", str(tmp_path)) == []
    path.write_bytes(path.read_bytes()[:15])
    (problem,) = landing_problems("rees46", str(tmp_path))
    assert (problem.file, problem.fix) == (str(path), "land it again, whole")


def test_an_empty_csv_is_no_file(olist: Path) -> None:
    path = olist / "olist/olist_orders_dataset.csv"
    path.write_text("")
    (problem,) = landing_problems("olist", str(olist))
    assert str(problem) == f"{path}: is empty, not even a header. Fix: land it again, whole."


def test_a_table_without_rows_is_fine(tmp_path: Path) -> None:
    """A day on which nothing happened lands a file with columns and no rows."""
    write_good_landing(tmp_path)
    path = write_rows(tmp_path, "orders", [good_row("orders")], day="2025-01-11")
    pl.read_parquet(path, hive_partitioning=False).clear().write_parquet(path)
    assert landing_problems("storefront", str(tmp_path)) == []
