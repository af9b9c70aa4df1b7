"""The oracle itself, on cases small enough to check by hand and on the real files' own counts."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from oracle import Options, build_marts, compare
from oracle.build import read_entities, row_reconciliation
from oracle.compare import as_lines
from oracle.core import Core, build_core
from oracle.entities import Landing, settle
from oracle.funnels import chains, funnel_conversions, walk
from oracle.options import Funnel, Step
from oracle.payments import heaviest_run
from oracle.real_sources import read_online_retail
from oracle.statistics import benjamini_hochberg, ranks, wilson_bounds
from oracle.values import category, moment, money, whole

NOON = datetime(2025, 3, 1, 12)
MICRO = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


def core_of(events: Sequence[dict[str, Any]], **options: Any) -> Core:
    """The core tables of a landing that holds nothing but these events."""
    landing = Landing()
    rows = pl.DataFrame(
        [
            {"event_id": f"e{number:03}", "visitor_id": "v", "event_type": "page_view"} | event
            for number, event in enumerate(events)
        ],
        infer_schema_length=None,
    )
    landing.add("events", rows)
    landing.count("clickstream", None, rows.height)
    return build_core(settle(landing), Options(**options))


# Sessions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap", "sessions"),
    [
        (30 * MINUTE - MICRO, 1),
        (30 * MINUTE, 1),
        (30 * MINUTE + MICRO, 2),
        (30 * MINUTE + timedelta(seconds=59), 2),
    ],
)
def test_a_session_ends_strictly_after_the_timeout(gap: timedelta, sessions: int) -> None:
    core = core_of([{"event_at": NOON}, {"event_at": NOON + gap}])
    assert core.sessions.height == sessions
    causes = core.sessions.sort("started_at")["session_split_cause"].to_list()
    assert causes == ["first_event", "inactivity"][:sessions]


def test_events_at_one_moment_stay_together() -> None:
    core = core_of([{"event_at": NOON}] * 4 + [{"event_at": NOON, "visitor_id": "w"}])
    assert core.sessions.sort("visitor_id")["event_count"].to_list() == [4, 1]


def test_a_long_island_is_cut_and_ties_are_not() -> None:
    steps = [NOON + 20 * MINUTE * k for k in range(73)]  # the 73rd is exactly 24 hours in
    late = [{"event_at": steps[-1] + MICRO}] * 2
    core = core_of([{"event_at": at} for at in steps] + late)
    found = core.sessions.sort("started_at")
    assert found["event_count"].to_list() == [73, 2]
    assert found["session_split_cause"].to_list() == ["first_event", "max_length"]
    assert found["is_split_by_length"].all()
    assert found["island_started_at"].to_list() == [NOON, NOON]


def test_sessions_cross_midnight() -> None:
    late = datetime(2025, 3, 1, 23, 59)
    core = core_of([{"event_at": late}, {"event_at": late + 2 * MINUTE}])
    assert core.sessions["started_on"].to_list() == [date(2025, 3, 1)]


# Identity -----------------------------------------------------------------------------------


def test_a_device_belongs_to_whoever_was_named_last() -> None:
    core = core_of(
        [
            {"event_at": NOON},
            {"event_at": NOON + MINUTE, "customer_id": "ann"},
            {"event_at": NOON + 2 * MINUTE},
            {"event_at": NOON + 3 * MINUTE, "customer_id": "bob"},
            {"event_at": NOON + 4 * MINUTE},
            {"event_at": NOON, "visitor_id": "nobody"},
        ]
    )
    events = core.events.sort("event_id")
    assert events["customer_id"].to_list() == ["ann", "ann", "ann", "bob", "bob", None]
    owners = dict(core.sessions.select("visitor_id", "customer_id").iter_rows())
    assert owners == {"v": "bob", "nobody": None}


def test_at_one_moment_the_last_event_id_names_the_owner() -> None:
    core = core_of(
        [
            {"event_at": NOON, "customer_id": "ann"},
            {"event_at": NOON, "customer_id": "bob"},
            {"event_at": NOON - MINUTE},
        ]
    )
    assert core.events.sort("event_id")["customer_id"].to_list() == ["bob", "bob", "ann"]


# Fates --------------------------------------------------------------------------------------


def test_a_conflicting_delivery_loses_by_content_whenever_it_came() -> None:
    small = {"event_id": "e", "event_at": NOON, "visitor_id": "a", "event_type": "login"}
    large = small | {"visitor_id": "b"}
    for first, second in itertools.permutations([small, large]):
        landing = Landing()
        rows = [
            first | {"_landed_on": date(2025, 3, 1), "_source_table": "clickstream"},
            second | {"_landed_on": date(2025, 3, 9), "_source_table": "clickstream"},
        ]
        landing.add("events", pl.DataFrame(rows))
        landing.count("clickstream", date(2025, 3, 1), 1)
        landing.count("clickstream", date(2025, 3, 9), 1)
        entities = settle(landing)
        assert entities["events"]["visitor_id"].to_list() == ["a"]
        assert row_reconciliation(entities)["is_balanced"].all()


def test_the_newest_version_wins_and_repeats_are_duplicates() -> None:
    old = {"customer_id": "c", "city": "Lyon", "updated_at": NOON, "_source_table": "customers"}
    new = old | {"city": "Nice", "updated_at": NOON + MINUTE}
    landing = Landing()
    landing.add("customers", pl.DataFrame([old, new, old, new]))
    landing.count("customers", None, 4)
    entities = settle(landing)
    assert entities["customers"]["city"].to_list() == ["Nice"]
    fates = entities.fates.group_by("fate").len().sort("fate")
    assert dict(fates.iter_rows()) == {"accepted": 1, "duplicate": 2, "superseded": 1}


# Values -------------------------------------------------------------------------------------


def read(values: Sequence[Any], reader: Any, dtype: pl.DataType | None = None) -> list[Any]:
    frame = pl.DataFrame({"x": pl.Series(values, dtype=dtype)})
    return frame.select(x=reader("x", frame.schema["x"]))["x"].to_list()


def test_timestamps_are_utc() -> None:
    texts = {
        "2025-03-01T12:34:56.789012Z": datetime(2025, 3, 1, 12, 34, 56, 789012),
        "2025-03-01T12:34:56+02:00": datetime(2025, 3, 1, 10, 34, 56),
        "2025-03-01T00:30:00-0530": datetime(2025, 3, 1, 6),
        "2025-03-01 12:34:56 UTC": datetime(2025, 3, 1, 12, 34, 56),
        "2025-03-01 12:34:56.5": datetime(2025, 3, 1, 12, 34, 56, 500000),
        "2025-03-01": datetime(2025, 3, 1),
        "2025-13-01T00:00:00Z": None,
        "yesterday": None,
        "": None,
    }
    assert read(list(texts), moment) == list(texts.values())


def test_money_is_exact() -> None:
    texts = {
        "12.34": 123_400, "-0.00005": -1, "0.00004": 0, ".5": 5_000, "7": 70_000,
        "1e3": 10_000_000, "+1.23455": 12_346, "free": None, "": None, "1,5": None, "-": None,
    }  # fmt: skip
    assert read(list(texts), money) == list(texts.values())
    assert read([2.55, 0.001, float("nan"), None], money) == [25_500, 10, None, None]
    assert read([Decimal("1.2345")], money, pl.Decimal(18, 4)) == [12_345]


def test_whole_numbers_and_categories() -> None:
    assert read(["2", "2.0", "2.5", "two", ""], whole) == [2, 2, None, None, None]
    spellings = ["Home & Kitchen", "HOME and kitchen", " home_&_kitchen ", "home-and-kitchen"]
    frame = pl.DataFrame({"x": [*spellings, "--"]})
    assert frame.select(category(pl.col("x")))["x"].to_list() == ["home_and_kitchen"] * 4 + [None]


# Funnels ------------------------------------------------------------------------------------


def level(rows: Sequence[tuple[int, int]], wanted: Sequence[Any], window: int, strict: bool = False) -> int:
    """ClickHouse's windowFunnel: rows are (time, event), wanted are conditions or events."""
    tests = [(lambda e, w=w: w(e)) if callable(w) else (lambda e, w=w: e == w) for w in wanted]
    found = [(at, k) for at, event in rows for k, test in enumerate(tests, 1) if test(event)]
    found.sort(key=lambda row: (row[0], -row[1] if strict else row[1]))
    return len(walk(found, len(wanted), window))


NINE = [(at, 1000 + at) for at in range(9)]
TIED = [(0, 1000), (1, 1001), (1, 1002), (1, 1003), (2, 1004)]
FIVE = [1003, 1004, 1005, 1006, 1007]
ABC = {"abc": 3, "adbc": 3, "aabbcc": 3, "aaaabbcc": 3, "aabbdcc": 3, "ccbbaa": 1, "acb": 2}


@pytest.mark.parametrize(
    ("expected", "window", "rows", "wanted", "strict"),
    [
        (1, 10_000, NINE, [1000], False),
        (2, 10_000, NINE, [1000, 1001], False),
        (3, 10_000, NINE, [1000, 1001, 1002], False),
        (4, 10_000, NINE, [1000, 1001, 1002, 1008], False),
        (1, 1, NINE, [1000], False),
        (3, 2, NINE, FIVE, False),
        (4, 3, NINE, FIVE, False),
        (5, 4, NINE, FIVE, False),
        (2, 10_000, NINE[1:], [1001, 1008], False),
        (1, 10_000, NINE[1:], [1008, 1001], False),
        (
            4, 4, NINE[1:],
            [lambda e: e <= 1007, lambda e: e >= 1002, lambda e: e <= 1006, lambda e: e >= 1004],
            False,
        ),
        (5, 10_000, TIED, [1000, 1001, 1002, 1003, 1004], False),
        # 1004 comes strictly after 1001 and 1002 is a peer of it: two steps and no more.
        (2, 10_000, TIED, [1000, 1001, 1002, 1003, 1004], True),
        (3, 10_000, TIED, [1004, 1004, 1004], False),
        (1, 10_000, TIED, [1004, 1004, 1004], True),
        # The documentation's example: search, then an order after it within the window.
        (4, 10**9, [(1, 1003), (2, 1009), (3, 1007), (4, 1010)], [1003, 1009, 1007, 1010], False),
        *((steps, 86_400, list(enumerate(word)), [*"abc"], False) for word, steps in ABC.items()),
    ],
)  # fmt: skip
def test_clickhouse_documented_cases(
    expected: int,
    window: int,
    rows: Sequence[tuple[int, Any]],
    wanted: Sequence[Any],
    strict: bool,
) -> None:
    assert level(rows, wanted, window, strict) == expected


def furthest_by_brute_force(rows: list[tuple[int, int]], steps: int, window: int, strict: bool) -> int:
    """The furthest step, by trying every choice of rows."""
    for furthest in range(steps, 0, -1):
        choices = [[at for at, step in rows if step == k] for k in range(1, furthest + 1)]
        for chain in itertools.product(*choices):
            pairs = itertools.pairwise(chain)
            if all(a < b if strict else a <= b for a, b in pairs) and (chain[-1] - chain[0] <= window):
                return furthest
    return 0


@pytest.mark.parametrize("strict", [False, True])
def test_the_state_machine_equals_a_brute_force(strict: bool) -> None:
    dice = random.Random(7)
    for _ in range(3000):
        steps, size = dice.randint(1, 4), dice.randint(0, 8)
        rows = [(dice.randint(0, 6), dice.randint(1, steps)) for _ in range(size)]
        window = dice.randint(0, 5)
        rows.sort(key=lambda row: (row[0], -row[1] if strict else row[1]))
        chain = walk(rows, steps, window)
        assert len(chain) == furthest_by_brute_force(rows, steps, window, strict), rows
        if chain:
            assert chain[-1] - chain[0] <= window
            assert all((at, k) in rows for k, at in enumerate(chain, 1))


def test_the_chain_keeps_its_entry_when_a_later_one_begins() -> None:
    # Entry at 0 gets to step 3 at 5; another entry at 4 never gets further than step 1.
    rows = [(0, 1), (2, 2), (4, 1), (5, 3)]
    assert walk(rows, 3, 10) == (0, 2, 5)
    # The latest entry wins where it goes as far.
    assert walk([(0, 1), (1, 1), (2, 2)], 2, 10) == (1, 2)
    # First times of the same entry are kept: the second visit of step 2 does not move it.
    assert walk([(0, 1), (1, 2), (2, 2), (3, 3)], 3, 10) == (0, 1, 3)


def test_window_is_inclusive() -> None:
    matches = {"unit": [1, 1, 2, 2], "at": [0, 10, 0, 11], "step": [1, 2, 1, 2]}
    found = chains(pl.DataFrame(matches), 2, 10, strict=False)
    assert dict(found.select("unit", "furthest").iter_rows()) == {1: 2, 2: 1}


def test_conversions_take_their_breakdowns_from_the_entry() -> None:
    steps = (
        Step(1, "Seen", "product_view", None),
        Step(2, "Tried", "payment_attempted", None),
        Step(3, "Paid", "payment_attempted", "approved"),
    )
    paid = {"event_type": "payment_attempted", "payment_method": "card"}
    core = core_of(
        [
            {"event_at": NOON, "event_type": "product_view", "device_type": "phone"},
            {"event_at": NOON, "event_type": "product_view", "device_type": "desktop"},
            paid | {"event_at": NOON + MINUTE, "outcome": "declined", "gateway": "north"},
            paid | {"event_at": NOON + 2 * MINUTE, "outcome": "approved", "gateway": "south"},
        ]
    )
    options = Options(funnels=(Funnel("pay", steps),))
    row = funnel_conversions(core, options).filter(pl.col("unit") == "visitor").to_dicts()[0]
    assert row["is_converted"] and not row["is_mature"]
    assert row["seconds_to_convert"] == 120
    assert (row["device_type"], row["gateway"], row["category"]) == ("phone", "north", "unknown")
    assert row["step_2_at"] == NOON + MINUTE and row["step_4_at"] is None


# Statistics ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        # Newcombe (1998), the score method without continuity correction.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_known_values(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson_bounds(np.array([float(successes)]), np.array([float(trials)]))
    assert [float(bound[0]) for bound in found] == pytest.approx([low, high], abs=5.1e-5)


def test_benjamini_hochberg_skips_what_is_unknown() -> None:
    found = benjamini_hochberg(np.array([0.01, np.nan, 0.04, 0.03]))
    assert found[[0, 2, 3]] == pytest.approx([0.03, 0.04, 0.04])
    assert np.isnan(found[1])


def test_ranks_share_ties_and_put_missing_last() -> None:
    frame = pl.DataFrame({"g": ["a", "a", "a", "a", "b"], "x": [5, None, 7, 5, 1]})
    assert ranks(frame, ["x"], ["g"]).to_list() == [2, 4, 1, 2, 1]


def test_the_heaviest_run() -> None:
    assert heaviest_run([-1.0, 2.0, -1.0, 3.0, -5.0, 3.0]) == (1, 3)
    assert heaviest_run([-3.0, -1.0, -2.0]) == (1, 1)


# The comparison must be able to fail ----------------------------------------------------------


def test_compare_tells_what_differs() -> None:
    one = pl.DataFrame({"k": [1, 2, 3], "x": [1.0, 2.0, None], "s": ["a", "b", None]})
    assert not compare(one, one, ["k"])
    assert not compare(one, one.with_columns(pl.col("x") + 1e-12), ["k"])
    other = pl.DataFrame({"k": [1, 2, 4], "x": [1.0, 2.1, 0.0], "s": ["a", None, "c"]})
    report = str(compare(one, other, ["k"]))
    assert "keys missing: k=4" in report and "keys not expected: k=3" in report
    assert "x: 1 of 2 differ" in report and "s: 1 of 2 differ" in report
    assert "columns missing: x" in str(compare(one.drop("x"), one, ["k"]))
    assert "keys twice" in str(compare(pl.concat([one, one]), one, ["k"]))


def test_lines_are_compared_without_their_made_up_id() -> None:
    one = pl.DataFrame({"id": ["a", "b"], "x": [1, 1]})
    other = pl.DataFrame({"id": ["c"], "x": [1]})
    names = ["occurrence", "x"]
    pair = [as_lines(frame, "id", one.columns) for frame in (one, other)]
    assert compare(pair[0], pair[0], names).lines == []
    assert "not expected" in str(compare(pair[0], pair[1], names))


# A landing folder -----------------------------------------------------------------------------


def test_a_small_landing(tmp_path: Path) -> None:
    day = tmp_path / "storefront" / "clickstream" / "landed_on=2025-03-01"
    day.mkdir(parents=True)
    event = {"event_id": "a", "event_at": "2025-03-01T10:00:00Z", "visitor_id": "v",
             "event_name": " VIEW_item ", "product_id": "p"}  # fmt: skip
    lines = [
        json.dumps(event),
        json.dumps(event),
        json.dumps(event | {"event_id": "b", "visitor_id": "", "event_at": "soon"}),
        json.dumps(event | {"event_id": "c", "event_at": "2025-03-02T23:59:59Z"}),
        json.dumps(event | {"event_id": "d", "event_at": "2025-03-03T00:00:00Z"}),
        "{broken",
        "[1]",
        "",
    ]
    (day / "app.jsonl").write_text("\n".join(lines), encoding="utf-8")
    marts = build_marts("storefront", tmp_path)
    assert marts["fct_events"].sort("event_id")["event_id"].to_list() == ["a", "c"]
    assert marts["fct_events"]["event_type"].to_list() == ["product_view"] * 2
    counts = marts["row_reconciliation"].to_dicts()[0]
    assert (counts["landed_count"], counts["accepted_count"]) == (7, 2)
    assert (counts["quarantined_count"], counts["duplicate_count"]) == (4, 1)
    assert dict(marts["quarantined_counts"].select("rejection_reasons", "row_count").iter_rows()) == {
        "malformed_json": 2,
        "missing_visitor_id,unparseable_event_at": 1,
        "future_event_at": 1,
    }
    assert marts["dim_products"].to_dicts()[0]["is_inferred"]


# Real data ------------------------------------------------------------------------------------


def datasets() -> Path:
    folder = os.environ.get("FOOTFALL_DATASETS")
    if not folder:
        pytest.skip("FOOTFALL_DATASETS is not set: the real data is not here")
    return Path(folder)


def fates(source: str) -> dict[str, dict[str, Any]]:
    table = row_reconciliation(read_entities(source, datasets()))
    assert table["is_balanced"].all()
    return {row["source_table"]: row for row in table.to_dicts()}


def worth(items: pl.DataFrame, orders: pl.DataFrame) -> tuple[int, int, int]:
    """Lines, ten-thousandths and customers of what customers bought at a price."""
    sold = items.join(orders.select("order_id", "customer_id"), on="order_id").filter(
        pl.col("customer_id").is_not_null() & (pl.col("quantity") > 0) & (pl.col("unit_price") > 0)
    )
    return sold.height, sold["amount"].sum(), sold["customer_id"].n_unique()


def test_online_retail_counts() -> None:
    landed = read_online_retail(datasets(), Options())
    entities = settle(landed)
    row = row_reconciliation(entities).to_dicts()[0]
    assert (row["landed_count"], row["duplicate_count"]) == (541_909, 5_268)
    assert row["is_balanced"] and row["quarantined_count"] == 2
    # 8,887,208.894 and 8,911,407.904
    assert worth(entities["order_items"], entities["orders"]) == (392_692, 88_872_088_940, 4_338)
    assert worth(landed.rows("order_items"), entities["orders"]) == (397_884, 89_114_079_040, 4_338)


def test_olist_counts() -> None:
    found = fates("olist")
    landed = {table: row["landed_count"] for table, row in found.items()}
    assert landed == {
        "customers": 10_000, "orders": 10_000, "order_items": 11_513, "payments": 10_415,
        "products": 32_951, "sellers": 3_095, "category_translation": 71,
    }  # fmt: skip
    assert found["customers"]["accepted_count"] == 9_957


def test_rees46_counts() -> None:
    row = fates("rees46")["events"]
    assert (row["landed_count"], row["accepted_count"], row["duplicate_count"]) == (
        17_434,
        17_429,
        5,
    )
