"""The generator keeps its promises: same bytes, consistent stories, faults where the truth says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from footfall.generator.cli import main
from footfall.generator.marks import EVENT_TABLES, FAULT_NAMES, FAULTS, ROW_KEYS

SMALL = ["--customers", "300", "--days", "20", "--events", "12000"]
TIMEOUT = pl.duration(minutes=30)
TIMES = {"clickstream": "event_at", "cart_events": "event_at", "payment_attempts": "attempted_at"}


class Generated:
    """A generated landing and its truth, read back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.landing = root / "storefront"
        self.truth_folder = root / "_truth" / "storefront"
        self.manifest = json.loads((self.truth_folder / "manifest.json").read_text())

    def truth(self, name: str) -> pl.DataFrame:
        """One truth table, whether a file or a folder of parts."""
        path = self.truth_folder / name
        if path.is_dir():
            return pl.read_parquet(path / "*.parquet")
        return pl.read_parquet(path.with_suffix(".parquet"))

    def files(self, table: str) -> Iterator[tuple[str, pl.DataFrame]]:
        """Every file of a table with its path; lines that are no object become rows of nulls."""
        for path in sorted((self.landing / table).glob("*/*")):
            relative = path.relative_to(self.landing).as_posix()
            yield relative, _read(path)

    def rows(self, table: str) -> pl.DataFrame:
        """All rows of a table with file, place in it and day of arrival."""
        frames = [
            frame.with_columns(
                file=pl.lit(file),
                row_number=pl.int_range(pl.len(), dtype=pl.Int64),
                landed_on=pl.lit(file.split("landed_on=")[1][:10]).str.to_date(),
            )
            for file, frame in self.files(table)
        ]
        return pl.concat(frames, how="diagonal_relaxed")

    def accepted(self, table: str) -> pl.DataFrame:
        """The rows that the truth expects to stay, one per key (entities: the newest version)."""
        key = ROW_KEYS[table]
        faults = self.truth("faults").filter((pl.col("table") == table) & (pl.col("expected_fate") != "accepted"))
        rows = self.rows(table).join(faults, on=["file", "row_number"], how="anti")
        if table in EVENT_TABLES:
            return rows.unique(key).with_columns(at=_moment(TIMES[table]))
        by = "updated_at" if "updated_at" in rows.columns else key
        return rows.sort(by, "landed_on").unique(key, keep="last")

    def events(self) -> pl.DataFrame:
        """Accepted events of the three logs: id, visitor, customer, name, product, order, time."""
        frames = []
        for table in EVENT_TABLES:
            frame = self.accepted(table).rename({ROW_KEYS[table]: "event_id"}, strict=False)
            if table == "payment_attempts":
                frame = frame.with_columns(event_name=pl.lit("payment_") + pl.col("result"))
            for column in ("product_id", "order_id"):
                if column not in frame.columns:
                    frame = frame.with_columns(pl.lit(None, pl.String).alias(column))
            names = ["event_id", "visitor_id", "customer_id", "event_name", "product_id"]
            frames.append(frame.select(*names, "order_id", "at", "landed_on"))
        return pl.concat(frames).sort("visitor_id", "at", "event_id")


def _read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path, hive_partitioning=False)
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            row = None
        rows.append(row if isinstance(row, dict) else {"event_id": None})
    return pl.DataFrame(rows, infer_schema_length=None)


def _moment(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime(time_zone="UTC", time_unit="us").dt.replace_time_zone(None)


def _hashes(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _generate(folder: Path, *arguments: str) -> Generated:
    assert main([*SMALL, "--out", str(folder), *arguments]) == 0
    return Generated(folder)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return _generate(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    arguments = ["--faults", "none", "--anonymous-share", "0", "--late", "0", "--twice", "0"]
    return _generate(tmp_path_factory.mktemp("clean"), *arguments)


@pytest.fixture(scope="module")
def events(generated: Generated) -> pl.DataFrame:
    return generated.events()


def test_same_seed_same_bytes(generated: Generated, tmp_path: Path) -> None:
    again = _generate(tmp_path / "again")
    assert _hashes(again.root) == _hashes(generated.root)


def test_another_seed_gives_another_shop(generated: Generated, tmp_path: Path) -> None:
    other = _generate(tmp_path / "other", "--seed", "7")
    ids = {"visitor_id", "event_at"}
    mine, theirs = generated.rows("cart_events"), other.rows("cart_events")
    assert mine.select(ids).join(theirs.select(ids), on=list(ids)).is_empty()


def test_all_tables_land_with_one_type_per_column(generated: Generated) -> None:
    for table in ROW_KEYS:
        schemas = {str(frame.schema) for file, frame in generated.files(table) if file.endswith(".parquet")}
        assert len(schemas) == 1, table
    assert not list(generated.root.glob(".*")), "the building site is left behind"


def test_formats_of_the_clickstream(generated: Generated, tmp_path: Path) -> None:
    for file, frame in generated.files("clickstream"):
        known = frame.filter(pl.col("event_id").is_not_null())
        is_app = file.endswith(".jsonl")
        assert known.filter(pl.col("app_version").is_null() == is_app).is_empty(), file
    lines = _generate(tmp_path / "lines", "--clickstream-format", "jsonl")
    assert {path.suffix for path in lines.landing.glob("c[la][ir]*/*/*")} == {".jsonl"}
    parquet = _generate(tmp_path / "parquet", "--clickstream-format", "parquet")
    assert {path.suffix for path in parquet.landing.rglob("*.*")} == {".parquet"}


def test_about_as_many_events_as_wanted(generated: Generated) -> None:
    assert generated.manifest["events"] == pytest.approx(12_000, rel=0.15)


def test_mineral_water_is_a_cheap_staple(generated: Generated) -> None:
    products = generated.accepted("products")
    assert products.height == 250
    assert products["category"].str.to_lowercase().str.replace_all("[^a-z]+", "").n_unique() >= 12
    water = products.filter(pl.col("product_id") == "102").row(0, named=True)
    assert water["product_name"] == "Mineral Water"
    assert float(water["unit_price"]) < 1 < 100 * float(water["unit_cost"])
    assert float(water["unit_cost"]) > 0.85 * float(water["unit_price"])
    added = generated.accepted("cart_events")["product_id"].value_counts(sort=True)
    assert "102" in added["product_id"].head(3).to_list()


def test_cross_sell_pairs_are_viewed_and_not_added(generated: Generated) -> None:
    pairs = generated.truth("cross_sell_pairs")["product_id"].implode()
    cart, clicks = generated.accepted("cart_events"), generated.accepted("clickstream")
    anchored = cart.filter(pl.col("product_id") == "102").select("visitor_id").unique()
    viewed = clicks.filter(pl.col("product_id").is_in(pairs)).join(anchored, on="visitor_id")
    added = cart.filter(pl.col("product_id").is_in(pairs)).join(anchored, on="visitor_id")
    assert viewed.height > 50
    assert added.height < viewed.height / 10


def test_sessions_are_the_visits(generated: Generated, events: pl.DataFrame) -> None:
    gap = pl.col("at") - pl.col("at").shift(1).over("visitor_id")
    is_new = gap.is_null() | (gap > TIMEOUT)
    session = is_new.cast(pl.Int64).cum_sum().alias("session")
    mine = events.with_columns(session).with_columns(
        started_at=pl.col("at").min().over("session"), ended_at=pl.col("at").max().over("session")
    )
    truth = generated.truth("event_sessions")
    assert truth["event_id"].n_unique() == truth.height == mine.height
    keys = ["event_id", "visitor_id", "started_at", "ended_at"]
    assert mine.join(truth, on=keys, how="anti").is_empty()
    sessions = generated.truth("sessions")
    assert sessions.height == mine["session"].n_unique()
    assert sessions["event_count"].sum() == mine.height


def test_edges_are_planted(events: pl.DataFrame) -> None:
    gaps = events.with_columns(gap=pl.col("at") - pl.col("at").shift(1).over("visitor_id"))["gap"]
    micros = gaps.drop_nulls().dt.total_microseconds()
    for edge in (0, 1_800_000_000, 1_800_000_001):
        assert (micros == edge).any(), edge


def test_visits_cross_midnight_and_end_within_a_day(generated: Generated) -> None:
    sessions = generated.truth("sessions")
    started, ended = sessions["started_at"], sessions["ended_at"]
    assert (started.dt.date() != ended.dt.date()).any()
    assert (ended - started).max().total_seconds() < 86_400
    assert started.min().date().isoformat() == "2025-01-01"
    assert ended.max().date().isoformat() <= "2025-01-20"


def test_identities_are_the_runs_of_known_customers(generated: Generated, events: pl.DataFrame) -> None:
    known = events.filter(pl.col("customer_id").fill_null("") != "")
    previous = pl.col("customer_id").shift(1).over("visitor_id")
    starts = known.filter(previous.is_null() | (previous != pl.col("customer_id"))).select(
        "visitor_id",
        "customer_id",
        from_at=pl.when(pl.col("at").shift(1).over("visitor_id").is_not_null()).then("at"),
        to_at=pl.col("at").shift(-1).over("visitor_id"),
    )
    truth = generated.truth("identities")
    assert truth.height == starts.height
    assert starts.join(truth, on=starts.columns, how="anti", nulls_equal=True).is_empty()
    assert truth.filter(pl.col("to_at").is_not_null()).height > 0, "no shared device"


def test_event_and_funnel_counts(generated: Generated, events: pl.DataFrame) -> None:
    counts = dict(events["event_name"].value_counts().iter_rows())
    steps = generated.truth("funnel_counts").filter(pl.col("funnel") == "payment")
    assert steps.sort("step_number")["event_count"].to_list() == [
        counts["view_item"],
        counts["add_to_cart"],
        sum(count for name, count in counts.items() if name.startswith("payment_")),
        counts["payment_approved"],
    ]
    checkout = generated.truth("funnel_counts").filter(pl.col("funnel") == "checkout")
    assert checkout.sort("step_number")["event_count"].to_list() == [
        counts["page_view"],
        counts["add_to_cart"],
        counts["begin_checkout"],
        counts["purchase"],
    ]


def test_each_step_has_the_one_before(clean: Generated) -> None:
    """View, cart, checkout, attempt, approval, purchase, order: in this order, in one visit."""
    truth = clean.truth("event_sessions").select("event_id", "visit_id")
    events = clean.events().join(truth, on="event_id")
    first = {
        name: events.filter(pl.col("event_name") == name)
        .group_by("visit_id", *extra)
        .agg(pl.col("at").min().alias(name))
        for name, extra in (
            ("view_item", ["product_id"]),
            ("add_to_cart", ["product_id"]),
            ("begin_checkout", ["order_id"]),
            ("payment_approved", ["order_id"]),
            ("purchase", ["order_id"]),
        )
    }
    added = first["add_to_cart"].join(first["view_item"], on=["visit_id", "product_id"], how="left")
    assert added.filter((pl.col("view_item") <= pl.col("add_to_cart")).fill_null(False)).equals(added)
    checkouts = first["begin_checkout"].join(
        first["add_to_cart"].group_by("visit_id").agg(pl.col("add_to_cart").min()),
        on="visit_id",
        how="left",
    )
    assert (checkouts["add_to_cart"] < checkouts["begin_checkout"]).fill_null(False).all()
    attempts = events.filter(pl.col("event_name").str.starts_with("payment_")).join(
        first["begin_checkout"], on=["visit_id", "order_id"], how="left"
    )
    assert attempts.height > 100
    assert (attempts["begin_checkout"] < attempts["at"]).fill_null(False).all()
    bought = first["purchase"].join(first["payment_approved"], on=["visit_id", "order_id"], how="full", coalesce=True)
    assert (bought["payment_approved"] < bought["purchase"]).fill_null(False).all()
    orders = clean.accepted("orders")
    assert sorted(orders["order_id"]) == sorted(bought["order_id"])


def test_amounts_agree(clean: Generated) -> None:
    orders, items = clean.accepted("orders"), clean.accepted("order_items")
    total = pl.col("item_amount") + pl.col("shipping_amount") - pl.col("discount_amount")
    assert orders.filter(total != pl.col("order_amount")).is_empty()
    sums = items.group_by("order_id").agg(pl.col("amount").sum())
    assert (
        orders.join(sums, on="order_id", how="left")
        .filter((pl.col("amount") == pl.col("item_amount")).fill_null(False).not_())
        .is_empty()
    )
    assert items.filter(pl.col("unit_price") * pl.col("quantity") != pl.col("amount")).is_empty()
    paid = clean.accepted("payment_attempts").join(orders, on="order_id")
    assert paid.filter(pl.col("amount").cast(pl.Decimal(18, 4)) != pl.col("order_amount")).is_empty()
    carts = clean.accepted("cart_events").filter(pl.col("product_id").is_in(["102"]).not_())
    price = clean.rows("products").unique("product_id").select("product_id", "unit_price")
    carts = carts.join(price, on="product_id", suffix="_landed", how="left")
    assert (carts["unit_price"] - carts["unit_price_landed"].cast(pl.Float64)).abs().max() < 1e-9


def test_orders_are_what_remained_in_the_cart(clean: Generated) -> None:
    truth = clean.truth("event_sessions").select("event_id", "visit_id")
    cart = clean.accepted("cart_events").join(truth, on="event_id")
    sign = pl.when(pl.col("event_name") == "add_to_cart").then(1).otherwise(-1)
    left = cart.group_by("visit_id", "product_id").agg((sign * pl.col("quantity")).sum().alias("left"))
    bought = (
        clean.events()
        .filter(pl.col("event_name") == "purchase")
        .select("event_id", "order_id")
        .join(truth, on="event_id")
    )
    expected = bought.join(left.filter(pl.col("left") > 0), on="visit_id")
    items = clean.accepted("order_items").group_by("order_id", "product_id").agg(pl.col("quantity").sum())
    joined = expected.join(items, on=["order_id", "product_id"], how="full", coalesce=True)
    assert joined.filter(pl.col("left").ne_missing(pl.col("quantity"))).is_empty()


def test_clean_means_clean(clean: Generated) -> None:
    events = clean.events()
    assert events["customer_id"].null_count() == 0
    assert sum(clean.rows(table).height for table in EVENT_TABLES) == events.height
    assert events.filter(pl.col("at").dt.date() != pl.col("landed_on")).is_empty()
    assert clean.truth("faults").is_empty()
    assert clean.truth("bots").is_empty()


def test_orders_go_through_their_versions(generated: Generated) -> None:
    faults = generated.truth("faults").filter(pl.col("table") == "orders")
    rows = generated.rows("orders").join(faults, on=["file", "row_number"], how="anti")
    assert set(rows["status"]) == {"paid", "delivered", "canceled", "returned"}
    first = rows.sort("updated_at").group_by("order_id").first()
    assert set(first["status"]) == {"paid"}
    assert (rows["updated_at"].str.slice(0, 10).str.to_date() == rows["landed_on"]).all()
    reviews = generated.accepted("reviews").join(generated.accepted("orders"), on="order_id", how="inner")
    assert reviews.height > 10
    assert (reviews["delivered_at"] < reviews["reviewed_at"]).fill_null(False).all()


def test_customers_land_when_they_sign_up(generated: Generated) -> None:
    faults = generated.truth("faults").filter(pl.col("table") == "customers")
    rows = generated.rows("customers").join(faults, on=["file", "row_number"], how="anti")
    day = rows["signed_up_at"].str.slice(0, 10).str.to_date()
    start = pl.date(2025, 1, 1)
    expected = pl.select(pl.when(day < start).then(start).otherwise(day)).to_series()
    assert (expected == rows["landed_on"]).all()
    clicks = generated.accepted("clickstream").filter(pl.col("event_name") == "sign_up")
    signups = clicks.join(rows, on="customer_id", how="left")
    assert signups.height > 3
    assert (signups["at"] == _at(signups, "signed_up_at")).fill_null(False).all()


def _at(frame: pl.DataFrame, column: str) -> pl.Series:
    return frame.select(_moment(column)).to_series()


def test_late_and_twice(generated: Generated) -> None:
    frames = [
        generated.rows(table)
        .rename({ROW_KEYS[table]: "event_id", TIMES[table]: "event_at"}, strict=False)
        .select("event_id", "event_at", "landed_on")
        .filter(pl.col("event_at").str.starts_with("2025-0"))
        .filter(pl.col("event_at").str.contains("13-45").not_())
        for table in EVENT_TABLES
    ]
    rows = pl.concat(frames).with_columns(at=_moment("event_at"))
    delay = (rows["landed_on"] - rows["at"].dt.date()).dt.total_days()
    assert delay.min() == 0
    assert 20 < delay.max() <= 30
    first = rows.group_by("event_id").agg(
        (pl.col("landed_on") - pl.col("at").dt.date()).dt.total_days().min().alias("delay"),
        pl.len(),
    )
    assert (first["delay"] > 0).mean() == pytest.approx(0.02, abs=0.005)
    faults = generated.truth("faults").filter(pl.col("expected_fate") == "duplicate")
    planted = faults.filter(pl.col("table").is_in(EVENT_TABLES)).height
    copies = first["len"].sum() - first.height - planted
    assert copies / first.height == pytest.approx(0.01, abs=0.004)


def test_each_fault_is_where_the_truth_says(generated: Generated) -> None:
    faults = generated.truth("faults")
    assert set(faults["fault"]) == set(FAULT_NAMES)
    could_be = {(fault.name, fault.table, fault.reason) for fault in FAULTS}
    keys = ["fault", "table", "expected_reason"]
    missing = could_be - set(faults.select(keys).unique().iter_rows())
    only_when_all_jsonl = {("malformed_json_line", "cart_events", "malformed_json")}
    assert missing == only_when_all_jsonl
    for (table,), rows in faults.group_by("table"):
        landed = generated.rows(str(table)).select(
            "file", "row_number", pl.col(ROW_KEYS[str(table)]).alias("landed_key")
        )
        found = rows.join(landed, on=["file", "row_number"], how="left")
        readable = found.filter(pl.col("fault") != "malformed_json_line")
        assert readable["landed_key"].eq_missing(readable["row_key"]).all(), table
        assert found.height == rows.height


def test_malformed_lines_are_the_planted_ones(tmp_path: Path) -> None:
    rates = "malformed_json_line=0.05,missing_id=0.05,exact_duplicate=0.05"
    generated = _generate(tmp_path, "--faults", rates, "--clickstream-format", "jsonl")
    faults = generated.truth("faults").filter(pl.col("fault") == "malformed_json_line")
    planted = set(faults.select("file", "row_number").iter_rows())
    found = set()
    for path in generated.landing.rglob("*.jsonl"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            try:
                is_object = isinstance(json.loads(line), dict)
            except json.JSONDecodeError:
                is_object = False
            if not is_object:
                found.add((path.relative_to(generated.landing).as_posix(), number))
    assert found == planted
    assert found


def test_refused_rows_break_the_rule_they_name(generated: Generated) -> None:
    faults = generated.truth("faults").filter(pl.col("expected_fate") == "quarantined")
    broken = {
        "missing_event_id": pl.col("event_id").fill_null("").str.strip_chars() == "",
        "missing_visitor_id": (pl.col("visitor_id").is_null()) & (pl.col("customer_id").fill_null("") == ""),
        "missing_event_at": pl.col("event_at").is_null(),
        "unparseable_event_at": _moment_or_null("event_at").is_null(),
        "future_event_at": _moment_or_null("event_at").dt.date() > pl.col("landed_on") + pl.duration(days=1),
        "negative_amount": pl.col("amount") < 0,
        "nonpositive_quantity": pl.col("quantity") <= 0,
        "unknown_payment_result": pl.col("result") == "maybe",
    }
    for table in EVENT_TABLES:
        names = {ROW_KEYS[table]: "event_id", TIMES[table]: "event_at", "unit_price": "amount"}
        rows = generated.rows(table).rename(names, strict=False)
        planted = faults.filter(pl.col("table") == table).select("file", "row_number", "expected_reason")
        joined = rows.join(planted, on=["file", "row_number"], how="left")
        for reason, rule in broken.items():
            if not set(rule.meta.root_names()) <= set(joined.columns):
                continue
            is_planted = (pl.col("expected_reason") == reason).fill_null(False)
            is_readable = pl.col("expected_reason").ne_missing("malformed_json")
            is_broken = rule.fill_null(False)
            if reason == "unparseable_event_at":
                is_broken &= pl.col("event_at").is_not_null()
            wrong = joined.filter(is_readable & (is_planted != is_broken))
            assert wrong.is_empty(), (table, reason, wrong)


def _moment_or_null(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime(time_zone="UTC", time_unit="us", strict=False)


def test_the_losing_duplicate_loses(generated: Generated) -> None:
    faults = generated.truth("faults").filter(pl.col("fault") == "conflicting_duplicate")
    for table, column in (
        ("clickstream", "country"),
        ("cart_events", "quantity"),
        ("payment_attempts", "amount"),
    ):
        planted = faults.filter(pl.col("table") == table)
        rows = generated.rows(table).join(planted, on=["file", "row_number"], how="left")
        key = ROW_KEYS[table]
        losers = rows.filter(pl.col("fault").is_not_null())
        winners = rows.filter(pl.col("fault").is_null()).unique(key)
        both = losers.join(winners, on=key, suffix="_winner")
        assert both.height == planted.height > 0
        assert (both[column] > both[f"{column}_winner"]).all()


def test_reconciliation_closes_and_matches_the_files(generated: Generated) -> None:
    truth = generated.truth("reconciliation")
    fates = [f"{fate}_count" for fate in ("accepted", "quarantined", "duplicate", "superseded")]
    assert truth.filter(pl.sum_horizontal(fates) != pl.col("landed_count")).is_empty()
    for table in ROW_KEYS:
        landed = generated.rows(table).group_by("landed_on").agg(pl.len().cast(pl.Int64))
        expected = truth.filter(pl.col("table") == table).select("landed_on", "landed_count")
        joined = expected.join(landed, on="landed_on", how="full")
        assert joined.filter(pl.col("landed_count").ne_missing(pl.col("len"))).is_empty(), table
        accepted = truth.filter(pl.col("table") == table)["accepted_count"].sum()
        assert accepted == generated.accepted(table)[ROW_KEYS[table]].n_unique(), table


def test_bots_are_regular_and_impulsive_buyers_are_not(generated: Generated, events: pl.DataFrame) -> None:
    gaps = events.with_columns(gap=pl.col("at").diff().over("visitor_id").dt.total_microseconds())
    bots = gaps.join(generated.truth("bots"), on="visitor_id", how="semi")
    assert bots.height > 50
    inside = bots.filter(pl.col("gap") < 1_800_000_000)["gap"]
    assert inside.max() < 1_000_000
    impulsive = generated.truth("impulsive_buyers")
    people = gaps.join(impulsive, on="customer_id", how="semi").filter(pl.col("gap") > 0)
    quick = people.filter(pl.col("gap").is_between(800_000, 2_000_000)).height
    assert 0.25 < quick / people.height < 0.65


@pytest.mark.parametrize(
    ("scenario", "low", "high"),
    [("healthy", 0.86, 0.94), ("gateway_incident", 0.84, 0.94), ("broken_gateway", 0.22, 0.28)],
)
def test_approval_rates(tmp_path: Path, scenario: str, low: float, high: float) -> None:
    arguments = ["--scenario", scenario, "--events", "40000"]
    made = _generate(tmp_path / scenario, *arguments)
    assert low < made.manifest["approval_rate"] < high
    assert made.truth("failing_slice").height == (scenario != "healthy")
    if scenario == "broken_gateway":
        cause = made.truth("failing_slice").row(0, named=True)
        attempts = made.accepted("payment_attempts")
        failed = attempts.filter(pl.col("gateway") == cause["gateway"])["result"] != "approved"
        assert failed.mean() == pytest.approx(cause["failure_rate"], abs=0.02)
        assert failed.len() > 0.7 * attempts.height


def test_the_incident_stays_in_its_slice(tmp_path: Path) -> None:
    made = _generate(tmp_path / "incident", "--days", "60", "--events", "60000")
    cause = made.truth("failing_slice").row(0, named=True)
    attempts = made.accepted("payment_attempts").with_columns(
        failed=pl.col("result") != "approved",
        inside=(pl.col("gateway") == cause["gateway"])
        & (pl.col("app_version") == cause["app_version"])
        & pl.col("at").is_between(cause["from_at"], cause["to_at"], closed="left"),
    )
    inside = attempts.filter(pl.col("inside").fill_null(False))["failed"]
    outside = attempts.filter(pl.col("inside").fill_null(False).not_())["failed"]
    assert inside.len() > 20
    assert inside.mean() == pytest.approx(cause["failure_rate"], abs=0.15)
    assert outside.mean() < 0.14


def test_a_landing_in_use_is_refused(generated: Generated, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = _generate(tmp_path / "twice", "--seed", "5")
    before = _hashes(made.root)
    capsys.readouterr()
    assert main([*SMALL, "--out", str(made.root)]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "--overwrite" in message
    assert _hashes(made.root) == before
    replaced = _generate(made.root, "--overwrite")
    assert _hashes(replaced.root) == _hashes(generated.root)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--faults", "nonsense=0.1"], "nonsense"),
        (["--faults", "missing_id=much"], "missing_id=0.001"),
        (["--start", "1.1.2025"], "2025-01-01"),
        (["--late", "2"], "--late"),
        (["--customers", "none"], "--customers"),
        (["--scenario", "sunny"], "--scenario"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], word: str
) -> None:
    with pytest.raises(SystemExit) as refusal:
        main([*SMALL, "--out", str(tmp_path / "none"), *arguments])
    assert refusal.value.code == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert word in message


def test_too_few_events_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--out", str(tmp_path / "few"), "--events", "10"]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "--events" in message
    assert not list((tmp_path / "few").iterdir())


def test_named_faults_only(tmp_path: Path) -> None:
    made = _generate(tmp_path / "named", "--faults", "missing_id=0.01,unknown_event_name")
    assert set(made.truth("faults")["fault"]) == {"missing_id", "unknown_event_name"}


def test_without_the_sessions_of_events(tmp_path: Path) -> None:
    made = _generate(tmp_path / "off", "--truth", "off")
    assert not (made.truth_folder / "event_sessions").exists()
    assert made.truth("faults").height > 0
