"""After every batch every table is what a full rebuild from the same files makes, row for row, in whatever order files came."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from conftest import Dbt, generate
from histories import Arrivals, invent, land, land_again
from test_landing_errors import fingerprint
from test_project import OF_A_RUN, build_here, layer, linked_landing, nodes


def differences(one: Path, other: Path, source: str = "storefront") -> dict[str, tuple[int, int]]:
    """Tables that differ -> rows only in one, rows only in the other; every column, copies counted."""
    found = {}
    with duckdb.connect() as connection:
        for name, database in (("one", one), ("other", other)):
            connection.execute(f"attach '{database}' as {name} (read_only)")
        for name, node in nodes("model", source).items():
            if name in OF_A_RUN or layer(node) == "staging":
                continue
            tables = [f"from {side}.{node.schema}.{name}" for side in ("one", "other")]
            counts = tuple(
                connection.execute(f"select count(*) from ({first} except all {second})").fetchone()[0]
                for first, second in (tables, reversed(tables))
            )
            if counts != (0, 0):
                found[name] = counts
    return found


class Twins:
    """A database that grows batch by batch, and the full rebuilds that it is held against."""

    def __init__(self, folder: Path, source: str = "storefront", **variables: object) -> None:
        self.folder, self.source, self.variables = folder, source, variables
        self.landing = folder / "landing"
        self.grown = folder / "grown" / "footfall.duckdb"
        self.grown.parent.mkdir(parents=True)
        self.rebuilt = folder / "rebuilt" / "footfall.duckdb"

    def grow(self, *arguments: str) -> None:
        """An incremental run; with arguments only of a part, as after a kill."""
        succeeded, told = build_here(self.landing, self.grown, *arguments, source=self.source, **self.variables)
        assert succeeded, told

    def assert_equal(self) -> None:
        """Rebuilds from all files in a new database and compares."""
        shutil.rmtree(self.rebuilt.parent, ignore_errors=True)
        self.rebuilt.parent.mkdir()
        succeeded, told = build_here(self.landing, self.rebuilt, source=self.source, **self.variables)
        assert succeeded, told
        assert differences(self.grown, self.rebuilt, self.source) == {}


# Runs that stopped half-way: what had been made by then.
HALF_WAY = ["+int_orders_completed", "+fct_orders", "+dim_customers", "+int_shoppers_touched", "+int_shopper_products_counted", "+int_customers_snapshotted", "+int_events_repeated", "+int_events_deduplicated", "+int_visitors_reidentified", "+int_spans_touched", "+int_visitors_identified", "+int_events_sessionized", "+int_funnel_chains", "+int_orders_fated"]  # fmt: skip


def grow_by_histories(twins: Twins, count: int, batches: int, seed: int) -> Arrivals:
    """Batch by batch, with runs that stop half-way before, files that come again, and a run without any file."""
    dice = random.Random(seed)
    arrivals = invent(count, batches, seed)
    earlier: list[Path] = []
    for batch in range(batches):
        files = land(arrivals, batch, twins.landing, seed)
        if batch > 0:
            if batch % 2:  # A run that stopped may hide what the next one overlooks: everything is known to it already.
                twins.grow("--select", dice.choice(HALF_WAY))
            files += land_again(dice.sample(earlier, 2), f"2025-05-0{batch}")
        twins.grow()
        if batch > 0:
            twins.assert_equal()
        earlier += files
    return arrivals


def test_random_histories(tmp_path: Path) -> None:
    """Two hundred and forty disjoint histories in one shop."""
    twins = Twins(tmp_path)
    arrivals = grow_by_histories(twins, count=240, batches=3, seed=1)
    assert all((batch, "clickstream") in arrivals.rows for batch in range(3))
    with duckdb.connect(str(twins.grown), read_only=True) as connection:
        (batches,) = connection.execute("select max(batch_number) from intermediate.loaded_files").fetchone()
    assert batches == 3


def test_a_visitor_is_followed_across_batches(tmp_path: Path) -> None:
    """A chain may begin in an earlier batch, and a better one may go when one of its events turns out to be another."""
    start = datetime(2025, 1, 3, 9, tzinfo=UTC)
    hours = {"kept": [(0, 0, "view"), (0, 1, "cart"), (1, 200, "view")],
             "better": [(0, 0, "view"), (1, 200, "view"), (1, 201, "cart")],
             "across": [(0, 0, "view"), (1, 20, "cart")],
             "gone": [(0, 0, "view"), (0, 96, "view"), (0, 97, "cart"), (1, 60, "cart")]}  # fmt: skip
    arrivals = Arrivals(2)
    arrivals.add(
        0,
        "products",
        {"product_id": "p", "product_name": "p", "category": "Tea", "unit_price": "1", "updated_at": "2025-01-01"},
    )
    for visitor, events in hours.items():
        for batch, hour, what in events:
            row = {"event_at": (start + timedelta(hours=hour)).isoformat(), "visitor_id": visitor, "product_id": "p"}
            if what == "view":
                arrivals.add(batch, "clickstream", {**row, "event_id": f"{visitor}{hour}", "event_name": "view_item"})
            else:
                row |= {"event_id": f"{visitor}cart", "event_name": "add_to_cart", "quantity": "1", "unit_price": "1"}
                arrivals.add(batch, "cart_events", row)
    twins = Twins(tmp_path)
    for batch in range(2):
        land(arrivals, batch, twins.landing, seed=1)
        twins.grow()
    with duckdb.connect(str(twins.grown), read_only=True) as connection:
        chains = connection.execute(
            """
            select visitor_id, furthest_step_number, date_diff('hour', timestamp '2025-01-03 09:00:00', entered_at)
            from intermediate.int_funnel_chains
            where unit = 'visitor' and funnel = 'payment'
            """
        ).fetchall()
    assert {visitor: tuple(rest) for visitor, *rest in chains} == {
        "kept": (2, 0), "better": (2, 200), "across": (2, 0), "gone": (1, 0),
    }  # fmt: skip
    twins.assert_equal()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    """A small shop after its first batch, which the tests below leave as it is."""
    twins = Twins(tmp_path_factory.mktemp("shop"))
    arrivals = invent(count=8, batches=1, seed=4)
    land(arrivals, 0, twins.landing, seed=4)
    twins.grow()
    return twins


def lasting(database: Path) -> dict[str, object]:
    """Fingerprint of what a run does not note down about itself; an empty run changes none of it."""
    return {
        name: rows
        for name, rows in fingerprint(database).items()
        if name.split(".")[1] not in OF_A_RUN - {"loaded_files"}
    }


def refused(twins: Twins, **variables: object) -> str:
    """The one line with which a run is refused; nothing may have changed."""
    before = fingerprint(twins.grown)
    succeeded, told = build_here(twins.landing, twins.grown, **variables)
    assert not succeeded
    assert fingerprint(twins.grown) == before
    (line,) = {line.strip() for message in told for line in message.splitlines() if "Fix:" in line}
    return line.replace(str(linked_landing()), "…")


def a_file(twins: Twins) -> Path:
    """A loaded file that is not empty."""
    return max(twins.landing.glob("storefront/clickstream/*/*.parquet"), key=lambda path: path.stat().st_size)


@contextmanager
def put_back(path: Path) -> Iterator[None]:
    """The file as it was before, bytes and time."""
    content, status = path.read_bytes(), path.stat()
    try:
        yield
    finally:
        path.write_bytes(content)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_changed_file_is_refused(shop: Twins) -> None:
    path = a_file(shop)
    name = path.relative_to(shop.landing).as_posix()
    with put_back(path):
        pl.read_parquet(path, hive_partitioning=False).head(1).write_parquet(path)
        assert refused(shop) == (
            f"{name}: was loaded and has changed. Fix: put the old one back and land a new file, "
            "or build everything anew with `dbt build --full-refresh`."
        )


def test_a_file_that_is_gone_is_refused(shop: Twins) -> None:
    path = a_file(shop)
    name = path.relative_to(shop.landing).as_posix()
    with put_back(path):
        path.unlink()
        assert refused(shop).startswith(f"{name}: was loaded and is gone. Fix: put it back, or build everything anew")


@pytest.mark.parametrize("part", ["+int_orders_fated", "+int_landed_counts"])
def test_a_file_that_an_unfinished_run_took_rows_from_is_refused_when_it_is_gone(
    shop: Twins, tmp_path: Path, part: str
) -> None:
    """Its rows would stay in some tables; until a table has rows of it, it may still be put right."""
    twins = Twins(tmp_path)
    shutil.copytree(shop.landing, twins.landing)
    shutil.copy(shop.grown, twins.grown)
    (path, *_) = (path for path in land(invent(8, 2, seed=4), 1, twins.landing, seed=4) if "orders" in path.parts)
    twins.grow("--select", "new_files")
    with put_back(path):
        path.unlink()
        twins.grow("--select", "new_files")
    twins.grow("--select", part)
    with put_back(path):
        path.unlink()
        assert "was loaded and is gone" in refused(twins)
    twins.grow("--select", "new_files")


def test_a_file_that_was_touched_is_the_same(shop: Twins) -> None:
    """Another time of change and the same bytes: a copied or restored folder."""
    path = a_file(shop)
    with put_back(path):
        os.utime(path, (1, 1))
        before = lasting(shop.grown)
        shop.grow()
        assert lasting(shop.grown) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("session_timeout_minutes", 45), ("as_of_date", "2025-02-01"), ("funnel_mode", "strict_increase")],
)
def test_another_setting_is_refused(shop: Twins, name: str, value: object) -> None:
    line = refused(shop, **{name: value})
    assert line.startswith(f"{name}: was '") and f"and is '{value}'" in line and "--full-refresh" in line


# --- at size, on demand -----------------------------------------------------------------------------------------------


@pytest.mark.large
@pytest.mark.parametrize(
    ("seed", "variables"),
    [
        (11, {}),
        (12, {"funnel_mode": "strict_increase", "as_of_date": "2025-02-10"}),
        (13, {"split_on_campaign": True, "split_at_midnight": True, "max_session_hours": 1}),
    ],
)
def test_thousands_of_random_histories(tmp_path: Path, seed: int, variables: dict[str, object]) -> None:
    """2,400 histories in six batches each, a third of them with other rules for chains, a third for sessions."""
    grow_by_histories(Twins(tmp_path, **variables), count=800, batches=6, seed=seed)


@pytest.mark.large
def test_the_default_data_in_ten_slices(tmp_path: Path) -> None:
    """By day of arrival, as it would land; the files of every second slice in the wrong order."""
    landing = generate(tmp_path / "all")
    twins = Twins(tmp_path)
    files = sorted(landing.glob("storefront/*/*/*"), key=lambda path: (path.parent.name, str(path)))
    first = [next(path for path in files if path.parent.parent.name == table) for table in tables_of(files)]
    rest = [path for path in files if path not in first]
    slices = [rest[number * len(rest) // 10 : (number + 1) * len(rest) // 10] for number in range(10)]
    slices[0] += first
    slices[3], slices[4] = slices[4], slices[3]
    for some in slices:
        for path in some:
            copy = twins.landing / path.relative_to(landing)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        twins.grow()
        twins.assert_equal()


def tables_of(files: list[Path]) -> set[str]:
    """Landed tables that there are files of."""
    return {path.parent.parent.name for path in files}


@pytest.mark.large
def test_rees46_in_five_slices(tmp_path: Path, landing: Callable[[str], Path]) -> None:
    """Cut by row, with some rows a slice or two late and some twice."""
    dice = random.Random(5)
    header, *rows = (landing("rees46") / "rees46" / "2019-Oct.csv").read_text(encoding="utf-8").splitlines()
    slices: list[list[str]] = [[] for _ in range(5)]
    for number, row in enumerate(rows):
        place = number * 5 // len(rows)
        slices[min(4, place + dice.choice([0] * 30 + [1, 2]))].append(row)
        if dice.random() < 0.01:
            slices[dice.randrange(5)].append(row)
    twins = Twins(tmp_path, "rees46")
    (twins.landing / "rees46").mkdir(parents=True)
    for number, some in enumerate(slices):
        (twins.landing / "rees46" / f"{number}.csv").write_text("\n".join([header, *some, ""]), encoding="utf-8")
        twins.grow()
        twins.assert_equal()


@pytest.mark.large
def test_fifty_kills(tmp_path: Path) -> None:
    """Ten batches, five kills at a random moment before each is built to its end: the tables are those of an undisturbed twin."""
    dice = random.Random(9)
    arrivals = invent(count=100, batches=11, seed=9)
    disturbed, calm = Twins(tmp_path / "disturbed"), Twins(tmp_path / "calm")
    dbt = Dbt(disturbed.landing, disturbed.grown, tmp_path / "target")
    kills = 0
    for batch in range(11):
        for twins in (disturbed, calm):
            land(arrivals, batch, twins.landing, seed=9)
        for _ in range(5 if batch else 0):
            kills += dbt.killed_after(
                dice.uniform(3, 14), "build", "--exclude", "resource_type:unit_test", "resource_type:test"
            )
        run = dbt("build", "--exclude", "resource_type:unit_test", "resource_type:test")
        assert run.returncode == 0, run.output[-4000:]
        calm.grow()
        assert differences(disturbed.grown, calm.grown) == {}
    assert kills >= 40
    calm.assert_equal()
