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
from oracle.customers import at_risk_customers, customer_timeline, customer_value_labels, segment_transitions, today
from oracle.entities import Landing, settle
from oracle.funnels import chains, funnel_conversions, walk
from oracle.options import Funnel, Step
from oracle.payments import heaviest_run
from oracle.quality import (
    NULL_BIN,
    UNSEEN_BIN,
    binned_levels,
    binned_numbers,
    consistency_checks,
    score_drift,
    shift,
    volume_anomalies,
)
from oracle.real_sources import read_online_retail
from oracle.retention import lifecycle_of, retention_cohorts, stickiness_of
from oracle.risk import customer_risk, event_gaps, session_risk
from oracle.scores import SNAPSHOT_KEYS, customer_states, declining, exact_score, rfm, scaled, states_on
from oracle.snapshots import snapshot_days
from oracle.statistics import benjamini_hochberg, percentile_cont, ranks, wilson_bounds
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


# Customers over time --------------------------------------------------------------------------

DAY = timedelta(days=1)


def shop_of(as_of: date | None = None, options: Options | None = None, **tables: Sequence[dict[str, Any]]) -> Core:
    """The core tables of a landing that holds these conformed rows."""
    landing = Landing()
    for name, rows in tables.items():
        if rows:
            landing.add(name, pl.DataFrame(list(rows), infer_schema_length=None))
            landing.count(name, None, len(rows))
    landing.count("orders", None, 0)
    return build_core(settle(landing), options or Options(as_of_date=as_of))


def order(number: int, customer: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "order_id": f"o{number:04}", "customer_id": customer, "ordered_at": at, "status": "paid",
        "order_amount": 100_000,
    } | more  # fmt: skip


def state(core: Core, day: date, customer: str = "ann") -> dict[str, Any]:
    return states_on(core, Options(), [day]).filter(pl.col("customer_id") == customer).row(0, named=True)


def test_snapshots_are_month_ends_and_the_last_day() -> None:
    assert snapshot_days(date(2024, 1, 31), date(2024, 3, 15)) == [
        date(2024, 1, 31),
        date(2024, 2, 29),
        date(2024, 3, 15),
    ]
    assert snapshot_days(date(2025, 1, 5), date(2025, 1, 31)) == [date(2025, 1, 31)]
    assert snapshot_days(None, None) == []


def test_an_order_counts_until_it_is_undone() -> None:
    may = datetime(2025, 5, 1)
    core = shop_of(
        orders=[
            order(1, "ann", may, status="returned", returned_at=datetime(2025, 6, 10)),
            order(2, "ann", may, status="canceled"),  # nobody knows when: it never was a sale
            order(3, "ann", may, status="unavailable", canceled_at=datetime(2025, 6, 10)),
            order(4, "bob", datetime(2025, 7, 1)),
        ]
    )
    before, after = state(core, date(2025, 6, 9)), state(core, date(2025, 6, 10))
    assert (before["order_count"], before["returned_order_count"], before["canceled_order_count"]) == (1, 0, 1)
    assert (after["order_count"], after["returned_order_count"], after["returned_amount"]) == (0, 1, 100_000)
    assert before["recency_days"] == 39 and after["recency_days"] is None
    assert after["rfm_segment"] == "No Orders"


def test_customers_are_known_from_the_first_sign_of_them() -> None:
    core = shop_of(
        customers=[
            {"customer_id": "ann", "signed_up_at": datetime(2025, 3, 10)},
            {"customer_id": "ghost"},
        ],
        orders=[order(1, "ann", datetime(2025, 2, 10)), order(2, "bob", datetime(2025, 3, 20))],
    )
    facts, _ = customer_states(core, Options())
    known = facts.sort("snapshot_on", "customer_id").select("snapshot_number", "customer_id", "tenure_days").rows()
    assert known == [(1, "ann", 18), (1, "ghost", None), (2, "ann", 38), (2, "bob", 0), (2, "ghost", None)]


@pytest.mark.parametrize("seed", range(4))
def test_a_snapshot_is_what_a_shop_built_on_the_rows_so_far_shows_today(seed: int) -> None:
    dice = random.Random(seed)
    start = datetime(2025, 1, 1, 12)
    people = [f"c{number}" for number in range(12)]
    customers = [{"customer_id": who, "signed_up_at": start + dice.randrange(120) * DAY} for who in people]
    products = [{"product_id": f"p{n}", "category": dice.choice(["a", "b", None])} for n in range(6)]
    events, orders, lines, payments, reviews = [], [], [], [], []
    for number in range(160):
        at, who, order_id = start + dice.randrange(150) * DAY, dice.choice(people), f"o{number:04}"
        kinds = dice.choices(["product_view", "add_to_cart", "order_placed"], k=dice.randint(1, 4))
        events += [
            {
                "event_id": f"e{number}-{k}", "event_at": at + k * MINUTE, "visitor_id": who, "customer_id": who,
                "event_type": kind, "product_id": f"p{dice.randrange(6)}", "device_type": dice.choice(["x", "y", None]),
            }
            for k, kind in enumerate(kinds)
        ]  # fmt: skip
        if dice.random() < 0.5:
            fate = dice.choice(["paid", "returned", "canceled"])
            undone = {"returned": "returned_at", "canceled": "canceled_at"}.get(fate)
            orders.append(
                order(number, who, at, status=fate, order_amount=dice.randrange(1, 9) * 10_000)
                | {"returned_at": None, "canceled_at": None, "delivered_at": at + dice.randrange(1, 40) * DAY}
                | {"estimated_delivery_on": (at + 20 * DAY).date()}
                | ({undone: at + dice.randrange(1, 60) * DAY} if undone else {})
            )
            lines.append({"order_item_id": order_id, "order_id": order_id, "product_id": "p1", "quantity": 1})
            payments.append(
                {"payment_id": order_id, "order_id": order_id, "visitor_id": who, "attempted_at": at, "amount": 1}
                | {"customer_id": dice.choice([who, None]), "result": dice.choice(["approved", "declined"])}
            )
            reviews.append(
                {"review_id": order_id, "order_id": order_id, "score": dice.randint(1, 5)}
                | {"reviewed_at": at + dice.randrange(50) * DAY}
            )
    everything = shop_of(
        customers=customers, products=products, events=events, orders=orders, order_items=lines,
        payments=payments, reviews=reviews,
    )  # fmt: skip

    for day in (date(2025, 2, 28), date(2025, 4, 13), date(2025, 5, 31)):
        moment = datetime(day.year, day.month, day.day) + DAY

        def so_far(row: dict[str, Any], moment: datetime = moment) -> dict[str, Any]:
            row = {name: None if isinstance(at, datetime) and at >= moment else at for name, at in row.items()}
            undone = row["returned_at"] or row["canceled_at"]
            return row | {"status": row["status"] if undone else "paid"}

        placed = [so_far(row) for row in orders if row["ordered_at"] < moment]
        ids = {row["order_id"] for row in placed}
        then = shop_of(
            day,
            customers=[row for row in customers if row["signed_up_at"] < moment],
            products=products,
            events=[row for row in events if row["event_at"] < moment],
            orders=placed,
            order_items=[row for row in lines if row["order_id"] in ids],
            payments=[row for row in payments if row["attempted_at"] < moment],
            reviews=[row for row in reviews if row["reviewed_at"] < moment],
        )
        facts, scores = customer_states(then, Options(as_of_date=day))
        expected = facts.join(scores, on=SNAPSHOT_KEYS).filter("is_latest")
        assert expected.height > 5
        found = states_on(everything, Options(), [day])
        assert not compare(found, expected, ["customer_id"])


# Scores -------------------------------------------------------------------------------------


def buyers(*values: tuple[int, int, int]) -> pl.DataFrame:
    """Customers by (days since the last order, orders, ten-thousandths)."""
    rows = [("recency_days", 0), ("order_count", 1), ("revenue_amount", 2)]
    table = {name: pl.Series([value[at] for value in values], dtype=pl.Int64) for name, at in rows}
    return pl.DataFrame({"customer_id": [f"c{n}" for n in range(len(values))], **table})


def codes(table: pl.DataFrame, **options: Any) -> list[str]:
    return rfm(table, Options(**options)).sort("customer_id")["rfm_code"].to_list()


def test_rfm_scores_follow_values_and_not_rows() -> None:
    assert codes(buyers((50, 1, 10), (40, 2, 20), (30, 3, 30), (20, 4, 40), (10, 5, 50))) == [
        "111", "222", "333", "444", "555",
    ]  # fmt: skip
    assert codes(buyers((7, 3, 9))) == ["111"]
    assert codes(buyers((7, 3, 9), (7, 3, 9))) == ["111", "111"]
    # Rank 1, 1, 1, 4, 5, 6 of six: fifths of 0, 0, 0, 3, 4, 5 times 5 over 5.
    assert codes(buyers(*[(5, 1, 10)] * 3, (5, 2, 10), (5, 3, 10), (5, 4, 10))) == [
        "111", "111", "111", "141", "151", "151",
    ]  # fmt: skip


def test_rfm_by_thresholds() -> None:
    table = buyers(*[(day, day, day) for day in range(1, 7)])
    # Thresholds 2, 3, 4, 5: a value at a threshold is not above it.
    assert codes(table, rfm_method="quantile") == ["511", "511", "422", "333", "244", "155"]
    assert codes(buyers(*[(3, 1, 1)] * 4), rfm_method="quantile") == ["511"] * 4


def test_every_code_has_a_segment() -> None:
    scores = [1, 2, 3, 4, 5]
    assert set(Options().rfm_segments) == {f"{r}{f}{m}" for r in scores for f in scores for m in scores}
    assert sum(Options().engagement_weights.values()) == pytest.approx(1)


def test_parts_are_capped_and_scaled() -> None:
    def part(*values: int, **options: Any) -> list[float]:
        reversed_part = options.pop("is_better_low", False)
        return scaled(pl.Series(values, dtype=pl.Int64), Options(**options), reversed_part).to_list()

    plain = {"engagement_cap_percentile": 1.0}
    assert part(0, 5, 10, **plain) == [0, 0.5, 1]
    assert part(0, 5, 10, is_better_low=True, **plain) == [1, 0.5, 0]
    assert part(0, 5, 10, engagement_cap_percentile=0.5) == [0, 1, 1]
    # Constant, or constant below the cap: 0, recency too.
    assert part(4, 4, 4) == part(4, 4, 4, is_better_low=True) == [0, 0, 0]
    assert part(*[1] * 30, 900)[-1] == 0
    assert part() == []
    assert part(3, 1, 3, 9, engagement_scaling="percentile") == pytest.approx([1 / 3, 0, 1 / 3, 1])
    assert part(3, 1, engagement_scaling="percentile", is_better_low=True) == [0, 1]
    assert part(3, engagement_scaling="percentile") == [0]


def test_scores_that_are_equal_on_paper_tie() -> None:
    noisy = pl.DataFrame({"engagement_score": [0.1 + 0.2, 0.3, 0.2]})
    assert noisy["engagement_score"].rank("min").to_list() == [3, 2, 1]
    assert noisy.select(exact_score().rank("min")).to_series().to_list() == [2, 2, 1]


def test_percentiles_have_no_noise() -> None:
    assert percentile_cont([10, 10, 10, 20], 0.9) == 17.0
    assert percentile_cont([7] * 13, 0.95) == 7.0
    # 0.7 * 10 is 7 on paper and a little less in doubles.
    assert percentile_cont(range(11), 0.7) == 7.0
    assert percentile_cont([1_843_200, 1_843_200], 0.75, 10_000) == 184.32
    assert percentile_cont([], 0.9) is None


def test_declining_is_inclusive_and_counts_in_whole_numbers() -> None:
    def falls(r0: int, n0: int, r1: int, n1: int) -> bool:
        then, now = (
            pl.DataFrame({"customer_id": ["ann"], "engagement_rank": [rank], "customer_count": [n]})
            for rank, n in ((r0, n0), (r1, n1))
        )
        return declining(now, then, Options())["is_declining"].item()

    assert falls(5, 6, 4, 6)  # from 0.8 to 0.6, which is less than 0.2 in doubles
    assert not falls(5, 6, 401, 602)
    assert not falls(1, 1, 1, 6) and not falls(6, 6, 1, 1)
    stranger = pl.DataFrame({"customer_id": ["bob"], "engagement_rank": [1], "customer_count": [2]})
    assert not declining(stranger, stranger.with_columns(customer_id=pl.lit("ann")), Options())["is_declining"].item()
    assert not declining(stranger, None, Options())["is_declining"].item()


def regular(customer: str, first: datetime, gaps: Sequence[int], number: int) -> list[dict[str, Any]]:
    days = itertools.accumulate(gaps, initial=0)
    return [order(number + k, customer, first + day * DAY) for k, day in enumerate(days)]


def test_who_is_at_risk_is_judged_by_the_own_rhythm_with_four_gaps() -> None:
    first = datetime(2025, 1, 1, 12)
    rows = regular("ann", first, [10, 10, 10, 20], 0) + regular("bob", first, [40, 40, 40], 10)
    core = shop_of(orders=[*rows, order(99, "cid", datetime(2025, 12, 31))])
    last = date(2025, 2, 20)  # ann's last order
    facts = state(core, last + 17 * DAY)
    assert (facts["own_gap_limit_days"], facts["gap_limit_days"], facts["mean_gap_days"]) == (17, 17, 12.5)
    assert (facts["recency_days"], facts["is_at_risk"]) == (17, False)
    assert state(core, last + 18 * DAY)["is_at_risk"]
    bob = state(core, date(2025, 5, 1) + 41 * DAY, "bob")
    assert bob["own_gap_limit_days"] is None and bob["gap_limit_days"] == 40 and bob["is_at_risk"]


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_at_risk_since_is_the_first_day_of_the_unbroken_run(allowed: int) -> None:
    dice = random.Random(allowed)
    start, as_of = datetime(2025, 1, 1, 12), date(2025, 6, 30)
    people = [f"c{number:02}" for number in range(60)]
    options = Options(at_risk_max_sessions=allowed, as_of_date=as_of)
    core = shop_of(
        options=options,
        orders=[order(n, who, start + dice.randrange(150) * DAY) for n, who in enumerate(people * 2)],
        events=[
            {"event_id": f"e{n}", "event_at": start + dice.randrange(181) * DAY + n * MINUTE / 9,
             "visitor_id": who, "customer_id": who, "event_type": "page_view"}
            for n, who in enumerate(dice.choices(people, k=240))
        ],
    )  # fmt: skip
    now = today(core, options)
    found = at_risk_customers(now)
    assert found.height > 5
    seen: dict[str, list[date]] = {}
    for who, day in now.known.sessions.select("customer_id", "ended_on").iter_rows():
        seen.setdefault(who, []).append(day)

    def holds(row: dict[str, Any], day: date) -> bool:
        visits = [on for on in seen.get(row["customer_id"], []) if timedelta(0) <= day - on < 30 * DAY]
        return (day - row["last_ordered_on"]).days > row["gap_limit_days"] and len(visits) <= allowed

    for row in found.iter_rows(named=True):
        day = as_of
        while holds(row, day):
            day -= DAY
        assert row["at_risk_since_on"] == day + DAY, row
        assert row["at_risk_days"] == (as_of - row["at_risk_since_on"]).days


def test_equal_revenues_stand_at_one_point_of_the_curve() -> None:
    amounts = {"a": 50_000, "b": 30_000, "c": 30_000, "d": 10_000, "e": 0}
    orders = [order(n, who, NOON, order_amount=amount) for n, (who, amount) in enumerate(amounts.items())]
    core = shop_of(orders=orders)
    rows = customer_value_labels(today(core, Options())).sort("customer_id").to_dicts()
    assert [row["revenue_rank"] for row in rows] == [1, 2, 2, 4, None]
    assert [row["revenue_decile"] for row in rows] == [1, 3, 3, 8, None]
    assert [row["cumulative_customer_share_rate"] for row in rows] == [0.25, 0.75, 0.75, 1, None]
    assert [row["cumulative_revenue_amount"] for row in rows] == [50_000, 110_000, 110_000, 120_000, None]
    # The 75th percentile of 1, 3, 3, 5 is 3.5.
    assert rows[0]["high_value_threshold_amount"] == 3.5
    assert [row["is_high_value"] for row in rows] == [True, False, False, False, False]


def test_newcomers_come_from_new() -> None:
    core = shop_of(orders=[order(1, "ann", datetime(2025, 1, 9)), order(2, "bob", datetime(2025, 2, 9))])
    moves = segment_transitions(today(core, Options())).filter(pl.col("scheme") == "rfm").sort("from_segment")
    assert moves["customer_count"].to_list() == [1, 1] and moves["share_rate"].to_list() == [1, 1]
    assert moves["from_segment"].to_list()[1] == "New"
    assert moves["previous_snapshot_on"].unique().to_list() == [date(2025, 1, 31)]


# Coming back ----------------------------------------------------------------------------------


def test_cohorts_leave_open_what_is_not_over() -> None:
    credit = {"status": "returned", "returned_at": datetime(2025, 2, 20), "order_amount": -30_000}
    core = shop_of(
        orders=[
            order(1, "ann", datetime(2025, 1, 5)),
            order(2, "ann", datetime(2025, 3, 5)),
            order(3, "bob", datetime(2025, 1, 7)),
            order(4, "bob", datetime(2025, 2, 20), **credit),
            order(5, "cid", datetime(2025, 3, 30)),
        ]
    )
    table = retention_cohorts(today(core, Options())).sort("cohort_month", "months_since")
    assert table["months_since"].to_list() == [0, 1, 2] * 2
    rows = table.to_dicts()
    assert [row["customer_count"] for row in rows] == [2, 0, None, None, None, None]
    assert [row["customer_count_on_or_after"] for row in rows[:3]] == [2, 1, None]
    assert [row["revenue_amount"] for row in rows[:2]] == [200_000, 0]
    assert [row["net_revenue_amount"] for row in rows[:2]] == [200_000, -30_000]
    assert [row["returned_amount"] for row in rows[:2]] == [0, 30_000]
    assert [row["cohort_customer_count"] for row in rows] == [2, 2, 2, 1, 1, 1]


def random_days(seed: int) -> pl.DataFrame:
    dice = random.Random(seed)
    days = {(f"c{dice.randrange(15)}", date(2025, 1, 30) + dice.randrange(120) * DAY) for _ in range(120)}
    return pl.DataFrame(sorted(days), schema=["customer_id", "active_on"], orient="row")


@pytest.mark.parametrize("period", ["week", "month"])
def test_lifecycle_by_brute_force(period: str) -> None:
    first, last = date(2025, 1, 30), date(2025, 6, 15)
    days = random_days(3)

    def start(day: date) -> date:
        return day - day.weekday() * DAY if period == "week" else day.replace(day=1)

    active: dict[date, set[str]] = {}
    for who, day in days.iter_rows():
        active.setdefault(start(day), set()).add(who)
    found = lifecycle_of(days, period, first, last).sort("period_start")
    known: set[str] = set()
    before: set[str] = set()
    assert found["period_start"].to_list()[-1] == start(last)
    for row in found.iter_rows(named=True):
        now = active.get(row["period_start"], set())
        assert row["active_customer_count"] == len(now)
        assert row["new_customer_count"] == len(now - known)
        assert row["returning_count"] == len(now & before)
        assert row["resurrecting_count"] == len((now & known) - before)
        assert row["dormant_count"] == len(before - now)
        assert row["is_complete"] == (first <= row["period_start"] and start(last + DAY) > row["period_start"])
        known |= now
        before = now


def test_stickiness_by_brute_force() -> None:
    first, last = date(2025, 1, 30), date(2025, 6, 15)
    days = random_days(4).rename({"customer_id": "who"})
    pairs = set(days.iter_rows())
    found = stickiness_of(days, first, last)
    assert found["activity_date"].to_list()[-1] == last
    for row in found.iter_rows(named=True):
        ages = [((row["activity_date"] - day).days, who) for who, day in pairs]
        reach = {width: {who for age, who in ages if 0 <= age < width} for width in (1, 7, 30)}
        assert row["daily_active_count"] == len(reach[1])
        assert row["weekly_active_count"] == len(reach[7])
        assert row["monthly_active_count"] == len(reach[30])
        if reach[30]:
            total = sum(0 <= age < 30 for age, _ in ages)
            assert row["mean_active_days"] == pytest.approx(total / len(reach[30]))
        assert row["is_complete"] == (row["activity_date"] - 29 * DAY >= first)


def test_the_timeline_is_bounded_and_newest_first() -> None:
    orders = [order(1, "ann", NOON), order(2, "ann", NOON + DAY)]
    reviews = [{"review_id": "r", "order_id": "o0001", "score": 4, "reviewed_at": NOON}]
    late = [{"review_id": "later", "order_id": "o0001", "score": 4, "reviewed_at": NOON + 2 * DAY}]
    core = shop_of(orders=orders, reviews=reviews + late)
    rows = customer_timeline(today(core, Options())).sort("timeline_number")
    assert rows["activity_id"].to_list() == ["o0002", "o0001", "r"]
    assert rows["title"].to_list() == ["Order paid", "Order paid", "Review: 4 of 5"]
    assert customer_timeline(today(core, Options(timeline_max_rows=1))).height == 1


# Risk ---------------------------------------------------------------------------------------


def clicks(*seconds: float, **event: Any) -> list[dict[str, Any]]:
    return [{"event_at": NOON + timedelta(seconds=second)} | event for second in seconds]


def risks(events: Sequence[dict[str, Any]], **options: Any) -> dict[str, Any]:
    core, chosen = core_of(events), Options(**options)
    return session_risk(core, event_gaps(core, chosen), chosen).row(0, named=True)


def test_rapid_events_are_no_double_clicks() -> None:
    assert risks(clicks(0, 1.999999, 3.999999))["rapid_event_count"] == 1  # 2 s sharp is not rapid
    assert risks(clicks(0, 1))["rapid_event_count"] == 0
    assert risks(clicks(0, 1.000001))["rapid_event_count"] == 1
    assert risks(clicks(0, product_id="p") + clicks(1))["rapid_event_count"] == 1
    assert risks(clicks(0) + clicks(1, event_type="login"))["rapid_event_count"] == 1


def test_a_minute_is_open_at_its_beginning() -> None:
    assert risks(clicks(0, 60))["max_events_per_minute"] == 1
    assert risks(clicks(0, 59.999999))["max_events_per_minute"] == 2
    assert risks(clicks(0, 0, 0, 61))["max_events_per_minute"] == 3


def test_bots_are_regular_and_people_are_impulsive() -> None:
    bot = risks(clicks(*(1.5 * k for k in range(11))))
    assert bot["is_likely_bot"] and not bot["is_impulsive"] and bot["risk_level"] == "high"
    assert bot["risk_reasons"] == "rapid_events, regular_gaps" and bot["gap_variation"] == 0
    assert not risks(clicks(*(1.5 * k for k in range(10))))["is_likely_bot"]  # nine gaps are not judged
    gaps = [1.5, 1.5, *[20, 5, 60] * 2, 300, 3]
    person = risks(clicks(*itertools.accumulate(gaps, initial=0)))
    assert person["rapid_event_rate"] == 0.2 and person["is_impulsive"] and not person["is_likely_bot"]
    assert (person["risk_level"], person["risk_reasons"]) == ("medium", "rapid_events")
    burst = risks(clicks(*([0] * 60)), risk_min_gaps=100)
    assert (burst["risk_level"], burst["risk_reasons"]) == ("medium", "burst")
    alone = risks(clicks(0))
    assert alone["gap_variation"] is None and alone["rapid_event_rate"] is None and alone["risk_level"] == "low"


def test_shoppers_are_judged_on_all_their_gaps() -> None:
    options = Options()
    # Two sessions of six gaps each: neither is judged, both together are.
    core = core_of(clicks(*(1.5 * k for k in range(7))) + clicks(*(7200 + 1.5 * k for k in range(7))))
    gaps = event_gaps(core, options)
    sessions = session_risk(core, gaps, options)
    assert not sessions["is_likely_bot"].any()
    row = customer_risk(sessions, gaps, options).row(0, named=True)
    assert (row["shopper_id"], row["customer_id"], row["session_count"], row["gap_count"]) == ("v", None, 2, 12)
    assert row["is_likely_bot"] and row["bot_session_count"] == 0


# Quality --------------------------------------------------------------------------------------


def weighed(values: dict[Any, int]) -> pl.DataFrame:
    return pl.DataFrame({"value": list(values), "weight": list(values.values())})


def test_psi_by_hand() -> None:
    before, now = binned_levels(weighed({"a": 60, "b": 39, None: 1}), weighed({"a": 50, "c": 30, "d": 20}))
    found = shift(before, now)
    assert (found.bin_count, found.null_count, found.unseen_count) == (4, 0, 50)
    pairs = [(60.5, 50.5), (39.5, 0.5), (1.5, 0.5), (0.5, 50.5)]
    assert found.psi == pytest.approx(sum((p - q) / 102 * np.log(p / q) for q, p in pairs))
    assert found.expected_psi == pytest.approx(3 * (1 / 100 + 1 / 100))
    same = shift(before, before)
    assert same.psi == 0 and same.bin_count == 3


def test_number_bins_are_those_of_the_reference() -> None:
    before = weighed(dict.fromkeys(range(11), 1))
    now = weighed({0: 1, 1: 1, 2: 1, 10: 4, 11: 2, -1: 1, None: 3})
    reference, present = binned_numbers(before, now)
    # Edges 1 to 9: a value at an edge lies below it, so that bin 0 holds 0 and 1.
    assert reference == {0: 2} | dict.fromkeys(range(1, 10), 1)
    assert present == {0: 2, 1: 1, 9: 4, UNSEEN_BIN: 3, NULL_BIN: 3}
    # Where most values are equal the edges fall together.
    mostly, _ = binned_numbers(weighed({0: 95, 5: 5}), weighed({0: 1}))
    assert mostly == {0: 95, 1: 5}


def test_drift_needs_a_reference_month_and_enough_rows() -> None:
    def day(on: date, count: int, device: str) -> list[dict[str, Any]]:
        at = datetime(on.year, on.month, on.day)
        return [{"event_at": at + k * MINUTE, "device_type": device, "_landed_on": on} for k in range(count)]

    rows = day(date(2025, 1, 10), 30, "phone") + day(date(2025, 2, 3), 30, "tablet") + day(date(2025, 4, 1), 30, "x")
    options = Options(drift_min_rows=30)
    table = score_drift(today(core_of(rows), options)).filter(pl.col("feature") == "device_type")
    assert table["measured_on"].to_list() == [date(2025, 2, 3)]
    row = table.row(0, named=True)
    assert (row["reference_from"], row["reference_to"]) == (date(2025, 1, 1), date(2025, 1, 31))
    assert row["unseen_count"] == 30 and row["is_alarm"]
    strict = score_drift(today(core_of(rows), Options())).filter(pl.col("feature") == "device_type")
    assert strict["psi"].to_list() == [None] and strict["is_alarm"].to_list() == [False]


def test_volumes_are_held_against_the_same_weekdays() -> None:
    start = date(2025, 1, 6)  # a Monday
    counts = {0: 30, 7: 20, 14: 40, 21: 30, 28: 100, 35: 30}
    landed = [(start + offset * DAY, count) for offset, count in counts.items()]
    table = pl.DataFrame(landed, schema={"landed_on": pl.Date, "landed_count": pl.Int64}, orient="row")
    core = shop_of(date(2025, 2, 11), orders=[])
    found = volume_anomalies(core, table.with_columns(source_table=pl.lit("orders")), Options()).sort("measured_on")
    assert found.height == 37 and found["weekday"].to_list()[:7] == [1, 2, 3, 4, 5, 6, 7]
    rows = {row["measured_on"]: row for row in found.iter_rows(named=True)}
    jump = rows[start + 28 * DAY]
    # 30, 20, 40, 30: median 30, deviations 0, 10, 10, 0: median 5; sqrt(30) is less than 1.4826 * 5.
    assert (jump["reference_day_count"], jump["median_row_count"], jump["mad_row_count"]) == (4, 30, 5)
    assert jump["robust_z"] == pytest.approx(70 / (1.4826 * 5)) and jump["change_rate"] == pytest.approx(7 / 3)
    assert jump["is_anomaly"] and jump["direction"] == "more"
    calm = rows[start + 35 * DAY]
    assert not calm["is_anomaly"] and calm["direction"] is None
    early = rows[start + 21 * DAY]
    assert early["reference_day_count"] == 3 and not early["is_measurable"]
    assert rows[start + DAY]["median_row_count"] is None and rows[start + DAY]["row_count"] == 0


def test_every_check_has_a_row() -> None:
    landing = Landing()
    landing.add("orders", pl.DataFrame([order(1, "ann", NOON, status="lost", delivered_at=NOON - DAY)]))
    landing.count("orders", None, 1)
    entities = settle(landing)
    table = consistency_checks(build_core(entities, Options()), entities, Options())
    failed = dict(table.filter(pl.col("failed_count") > 0).select("check_name", "example_ids").iter_rows())
    assert table.height == 13
    assert failed == {
        "inferred_customers": "ann",
        "deliveries_before_order": "o0001",
        "orders_of_unknown_status": "o0001",
    }


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


def test_a_landing_of_which_nothing_is_accepted(tmp_path: Path) -> None:
    day = tmp_path / "storefront" / "clickstream" / "landed_on=2025-03-01"
    day.mkdir(parents=True)
    (day / "app.jsonl").write_text('{"event_id": ""}', encoding="utf-8")
    marts = build_marts("storefront", tmp_path)
    told = {name for name, table in marts.items() if table.height}
    assert told == {"funnel_stage_totals", "row_reconciliation", "quarantined_counts", "consistency_checks"}
    assert marts["consistency_checks"]["failed_count"].sum() == 0


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
