"""The real SQL against brute force: random histories, many of them in one query, ties and exact boundaries included.

dbt compiles the models; they run in a plain DuckDB whose `footfall` database holds stand-ins for what they read. The
brute force next to them shares nothing with the SQL: it is quadratic or worse, and written to be seen to be right.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats
from test_project import dbt_environment, manifest

SETTINGS = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
HISTORIES = 40  # in one query; times 8 examples
SECOND = 1_000_000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
EPOCH = datetime(1970, 1, 1)
# Ten minutes before midnight, so that short histories cross it.
BEGIN = int((datetime(2025, 1, 1, 23, 50) - EPOCH).total_seconds()) * SECOND


def as_time(microseconds: int) -> datetime:
    """A timestamp from microseconds since 1970."""
    return EPOCH + timedelta(microseconds=microseconds)


# --- compiled SQL and stand-ins ---------------------------------------------------------------------------------------


@cache
def _compiled(models: tuple[str, ...], variables: str) -> dict[str, str]:
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as scratch, dbt_environment(scratch):
        arguments = ["--quiet", "compile", "--select", *models, "--vars", variables]
        done = dbtRunner(manifest=manifest()).invoke(arguments)
        assert done.success, done.exception
        return {run.node.name: run.node.compiled_code for run in done.result.results}


def compiled(*models: str, **variables: object) -> dict[str, str]:
    """Model -> its SQL as dbt compiles it under the given variables."""
    return _compiled(models, json.dumps(variables))


@cache
def compiled_macro(call: str) -> str:
    """An expression of the project's macros as SQL."""
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as scratch, dbt_environment(scratch):
        done = dbtRunner(manifest=manifest()).invoke(["--quiet", "compile", "--inline", f"{{{{ {call} }}}}"])
        assert done.success, done.exception
        return done.result.results[0].node.compiled_code


@dataclass
class StandIns:
    """A DuckDB in which tables of a build can be put by hand."""

    connection: duckdb.DuckDBPyConnection

    def put(self, model: str, rows: Sequence[dict[str, object]]) -> None:
        """Replaces the relation of a model by these rows; columns that they lack are NULL."""
        node = next(node for node in manifest().nodes.values() if node.name == model and node.resource_type != "test")
        types = {column.name: column.data_type or "varchar" for column in node.columns.values()}
        types |= dict(node.config.get("column_types") or {})
        relation = f"footfall.{node.schema}.{model}"
        self.connection.execute(f"create or replace table {relation} ({', '.join(map(' '.join, types.items()))})")
        # One JSON parameter: thousands of rows in one statement.
        values = {"rows": json.dumps(rows, default=str), "shape": json.dumps([types])}
        wanted = ", ".join(f"landed.{name}" for name in types)
        self.connection.execute(
            f"insert into {relation} select {wanted} from (select unnest(from_json($rows, $shape)) as landed)", values
        )

    def run(self, sql: str) -> list[tuple]:
        """The rows of a query."""
        return self.connection.execute(sql).fetchall()


@contextmanager
def empty_build() -> Iterator[StandIns]:
    """An empty database called footfall with the schemas of a build."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as footfall")
        for schema in ("seeds", "staging", "intermediate", "marts"):
            connection.execute(f"create schema footfall.{schema}")
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false; set threads = 2")
        yield StandIns(connection)


@pytest.fixture(scope="module")
def stand_ins() -> Iterator[StandIns]:
    """One for all properties; each puts what it needs."""
    with empty_build() as build:
        yield build


# --- sessions ---------------------------------------------------------------------------------------------------------

TIMEOUT = 30 * MINUTE
SESSION_GAPS = (0, 0, 1, MINUTE, 10 * MINUTE - 1, 10 * MINUTE, 10 * MINUTE + 1)
SESSION_GAPS += (TIMEOUT - 1, TIMEOUT, TIMEOUT + 1, TIMEOUT + 59 * SECOND)
SESSION_OPTIONS: dict[str, dict[str, object]] = {
    "default": {},
    "campaign": {"split_on_campaign": True},
    "midnight": {"split_at_midnight": True},
    "max length": {"max_session_hours": 1},
    "everything": {
        "split_on_campaign": True,
        "split_at_midnight": True,
        "max_session_hours": 1,
        "session_timeout_minutes": 10,
    },
}


@dataclass(frozen=True, order=True)
class Visit:
    """An event as sessions see it, in their order."""

    at: int
    event_id: str
    campaign: str | None = None


@st.composite
def visit_histories(draw: Callable) -> dict[str, list[Visit]]:
    """Visitor -> events; ids do not ascend with time."""
    one = st.lists(st.tuples(st.sampled_from(SESSION_GAPS), st.sampled_from((None, "a", "b"))), min_size=1, max_size=8)
    histories = {}
    for number, history in enumerate(draw(st.lists(one, min_size=HISTORIES, max_size=HISTORIES))):
        at, events = BEGIN, []
        for position, (gap, campaign) in enumerate(history):
            at += gap
            events.append(Visit(at, f"v{number}-{position * 7 % 11:02d}", campaign))
        histories[f"v{number}"] = events
    return histories


def sessions_by_force(events: list[Visit], options: dict[str, object]) -> dict[str, tuple[int, int, bool]]:
    """Event id -> (island start, session start, is the island cut by length), each from all events of the visitor."""
    timeout = int(options.get("session_timeout_minutes", 30)) * MINUTE
    longest = int(options.get("max_session_hours", 24)) * HOUR

    def order(event: Visit) -> tuple[int, str]:
        return event.at, event.event_id

    def is_start(event: Visit) -> bool:
        return not any(order(other) < order(event) and event.at - other.at <= timeout for other in events)

    def island(event: Visit) -> int:
        return max(other.at for other in events if is_start(other) and order(other) <= order(event))

    def changes_campaign(event: Visit) -> bool:
        before = [other for other in events if island(other) == island(event) and order(other) < order(event)]
        named = [other.campaign for other in sorted(before, key=order) if other.campaign]
        return bool(event.campaign and named and named[-1] != event.campaign)

    def piece(event: Visit) -> tuple:
        peers = [other for other in events if island(other) == island(event) and other.at <= event.at]
        campaigns = sum(map(changes_campaign, peers)) if options.get("split_on_campaign") else 0
        day = as_time(event.at).date() if options.get("split_at_midnight") else None
        length = event.at - island(event)
        return island(event), campaigns, day, sum(1 for n in range(1, length // longest + 1) if n * longest < length)

    pieces = {event.event_id: piece(event) for event in events}
    return {
        event.event_id: (
            island(event),
            min(other.at for other in events if pieces[other.event_id] == pieces[event.event_id]),
            any(other[0] == island(event) and other[3] > 0 for other in pieces.values()),
        )
        for event in events
    }


@pytest.mark.parametrize("name", SESSION_OPTIONS)
def test_sessions_are_those_of_brute_force(stand_ins: StandIns, name: str) -> None:
    """Every event is in exactly one session, the right one, whatever the order in which events lie in the table."""
    options = SESSION_OPTIONS[name]
    sql = compiled("int_events_sessionized", **options)["int_events_sessionized"]
    query = f"""
        select
            event_id,
            visitor_id,
            epoch_us(island_started_at),
            epoch_us(session_started_at),
            is_split_by_length,
            session_id
        from ({sql}) order by event_id
    """

    @SETTINGS
    @given(visit_histories(), st.randoms(use_true_random=False))
    def check(histories: dict[str, list[Visit]], shuffler: random.Random) -> None:
        rows = [
            {"event_id": e.event_id, "event_at": as_time(e.at), "visitor_id": visitor, "campaign": e.campaign}
            for visitor, events in histories.items()
            for e in events
        ]
        stand_ins.put("int_events_deduplicated", rows)
        found = stand_ins.run(query)
        expected = {}
        for events in histories.values():
            expected |= sessions_by_force(events, options)
        assert len(found) == len(rows)
        assert {event_id: tuple(values[:3]) for event_id, _, *values in found} == expected
        keys = {(visitor, start, session_id) for _, visitor, _, start, _, session_id in found}
        assert len(keys) == len({session_id for *_, session_id in keys}) == len({(v, start) for v, start, _ in keys})
        shuffler.shuffle(rows)
        stand_ins.put("int_events_deduplicated", rows)
        assert stand_ins.run(query) == found

    check()


@SETTINGS
@given(visit_histories())
def test_brute_force_keeps_the_invariants(histories: dict[str, list[Visit]]) -> None:
    """The yardstick itself: sessions do not overlap, no gap inside exceeds the timeout, one instant is never cut."""
    for events in histories.values():
        starts = {event_id: session for event_id, (_, session, _) in sessions_by_force(events, {}).items()}
        for before, after in pairwise(sorted(events)):
            same = starts[before.event_id] == starts[after.event_id]
            assert same == (after.at - before.at <= TIMEOUT)
            assert starts[before.event_id] <= starts[after.event_id] <= after.at


# --- funnels ----------------------------------------------------------------------------------------------------------

WINDOW = 24 * HOUR
FUNNEL_GAPS = (0, 0, 0, 1, HOUR, 8 * HOUR, 12 * HOUR, WINDOW - 1, WINDOW, WINDOW + 1)
FUNNEL_MODES = ("default", "strict_increase")
# Steps that one event takes: several successive ones, too.
EVENT_STEPS = ((1,), (1,), (2,), (2,), (3,), (3, 4), (4,), (1, 2), (1, 2, 3, 4))
STEPS = [
    {"funnel": "f", "step_number": n, "step_name": f"Step {n}", "event_type": kind, "scope": "all"}
    for n, kind in enumerate(["product_view", "add_to_cart", "payment_attempted", "payment_attempted"], start=1)
]


@dataclass(frozen=True, order=True)
class Step:
    """An event as a step of a funnel."""

    at: int
    event_id: str
    number: int


@dataclass(frozen=True)
class Chain:
    """How far a unit got: the chain that counts."""

    furthest: int
    entered: int
    entry_event: str
    payment_event: str | None
    step_times: tuple[int | None, ...]


@st.composite
def funnel_histories(draw: Callable) -> dict[str, list[Step]]:
    """Visitor -> steps in the order of time, ties included; ids do not ascend with time."""
    one = st.lists(st.tuples(st.sampled_from(FUNNEL_GAPS), st.sampled_from(EVENT_STEPS)), min_size=1, max_size=7)
    histories = {}
    for visitor, history in enumerate(draw(st.lists(one, min_size=HISTORIES, max_size=HISTORIES))):
        at, steps = BEGIN, []
        for position, (gap, numbers) in enumerate(history):
            at += gap
            steps += [Step(at, f"v{visitor}-{position * 7 % 11:02d}", number) for number in numbers]
        histories[f"v{visitor}"] = steps
    return histories


def all_chains(steps: list[Step], is_strict: bool, window: int = WINDOW) -> list[tuple[Step, ...]]:
    """Every way to walk 1, 2, 3 … in time (strictly later or not) and within the window from the first step."""
    chains: list[tuple[Step, ...]] = [(step,) for step in steps if step.number == 1]
    for chain in chains:
        for step in steps:
            is_later = step.at > chain[-1].at if is_strict else step.at >= chain[-1].at
            if step.number == chain[-1].number + 1 and is_later and step.at - chain[0].at <= window:
                chains.append((*chain, step))
    return chains


def chain_by_force(steps: list[Step], is_strict: bool) -> Chain | None:
    """The chain that reached the furthest step first; of those, the one with the latest entry."""
    chains = all_chains(steps, is_strict)
    if not chains:
        return None
    furthest = max(len(chain) for chain in chains)
    reached_at = min(chain[-1].at for chain in chains if len(chain) == furthest)
    entered = max(chain[0].at for chain in chains if len(chain) == furthest and chain[-1].at == reached_at)
    # The latest entry wins at every step: a step belongs to the latest entry that leads to it.
    entry_of = {last: max(c[0].at for c in chains if c[-1] == last) for last in {chain[-1] for chain in chains}}
    taken = sorted(step for step, entry in entry_of.items() if entry == entered)
    times = tuple(min((step.at for step in taken if step.number == number), default=None) for number in range(1, 7))
    payment = next((step.event_id for step in taken if step.number == 3), None)
    return Chain(furthest, entered, min(s.event_id for s in taken if s.number == 1), payment, times)


def funnel_rows(histories: dict[str, list[Step]]) -> list[dict[str, object]]:
    """Steps as rows of int_funnel_events; two sessions a visitor, cut in the middle."""
    return [
        {
            "funnel": "f",
            "scope_value": "all",
            "step_number": step.number,
            "event_id": step.event_id,
            "event_at": as_time(step.at),
            "visitor_id": visitor,
            "session_id": f"{visitor}-s{position * 2 // len(steps)}",
        }
        for visitor, steps in histories.items()
        for position, step in enumerate(steps)
    ]


def chains_in_sql(stand_ins: StandIns, sql: str, rows: list[dict[str, object]]) -> dict[tuple[str, str], Chain]:
    """(unit, id) -> chain, as int_funnel_chains has it."""
    stand_ins.put("int_funnel_events", rows)
    stand_ins.put("int_events_sessionized", [])
    times = ", ".join(f"epoch_us(step_{number}_at)" for number in range(1, 7))
    query = f"""
        select unit, unit_id, furthest_step_number, epoch_us(entered_at), entry_event_id, payment_event_id, {times}
        from ({sql})
    """
    found = stand_ins.run(query)
    assert len({row[:2] for row in found}) == len(found)
    return {(unit, unit_id): Chain(*values[:4], tuple(values[4:])) for unit, unit_id, *values in found}


@pytest.mark.parametrize("mode", FUNNEL_MODES)
def test_funnels_are_those_of_brute_force(stand_ins: StandIns, mode: str) -> None:
    """Furthest step, entry, step times and events, against all chains that there are, for visitors and sessions."""
    sql = compiled("int_funnel_chains", funnel_mode=mode)["int_funnel_chains"]
    stand_ins.put("funnel_steps", STEPS)

    @SETTINGS
    @given(funnel_histories(), st.randoms(use_true_random=False))
    def check(histories: dict[str, list[Step]], shuffler: random.Random) -> None:
        rows = funnel_rows(histories)
        units: dict[tuple[str, str], list[Step]] = {}
        for row, step in zip(rows, (step for steps in histories.values() for step in steps), strict=True):
            units.setdefault(("visitor", str(row["visitor_id"])), []).append(step)
            units.setdefault(("session", str(row["session_id"])), []).append(step)
        forced = {unit: chain_by_force(steps, mode == "strict_increase") for unit, steps in units.items()}
        expected = {unit: chain for unit, chain in forced.items() if chain}
        assert chains_in_sql(stand_ins, sql, rows) == expected
        shuffler.shuffle(rows)
        assert chains_in_sql(stand_ins, sql, rows) == expected

    check()


# --- identities -------------------------------------------------------------------------------------------------------


@st.composite
def login_histories(draw: Callable) -> dict[str, list[tuple[int, str, str | None]]]:
    """Visitor -> (time, event id, customer), many at one instant."""
    gaps = st.sampled_from((0, 0, 1, SECOND))
    one = st.lists(st.tuples(gaps, st.sampled_from((None, "a", "b", "c"))), min_size=1, max_size=7)
    histories = {}
    for visitor, history in enumerate(draw(st.lists(one, min_size=HISTORIES, max_size=HISTORIES))):
        at, events = BEGIN, []
        for position, (gap, customer) in enumerate(history):
            at += gap
            events.append((at, f"v{visitor}-{position * 7 % 11:02d}", customer))
        histories[f"v{visitor}"] = events
    return histories


def owner_by_force(events: list[tuple[int, str, str | None]], moment: int) -> str | None:
    """Who was last seen on the device by then; before anybody was, whoever came first."""
    known = sorted(event for event in events if event[2])
    if not known:
        return None
    first_instant = [event for event in known if event[0] == known[0][0]]
    return ([event for event in known if event[0] <= moment] or first_instant)[-1][2]


def test_owners_are_those_of_brute_force(stand_ins: StandIns) -> None:
    """At every moment a device has one owner, or none ever; checked at each event and a microsecond beside it."""
    sql = compiled("int_visitors_identified")["int_visitors_identified"]
    query = f"select visitor_id, epoch_us(valid_from), epoch_us(valid_to), customer_id from ({sql}) order by all"

    @SETTINGS
    @given(login_histories(), st.randoms(use_true_random=False))
    def check(histories: dict[str, list[tuple[int, str, str | None]]], shuffler: random.Random) -> None:
        rows = [
            {"visitor_id": visitor, "event_at": as_time(at), "event_id": event_id, "customer_id": customer}
            for visitor, events in histories.items()
            for at, event_id, customer in events
        ]
        stand_ins.put("int_events_deduplicated", rows)
        found = stand_ins.run(query)
        for visitor, events in histories.items():
            intervals = [(begin, end, customer) for owner, begin, end, customer in found if owner == visitor]
            assert all(before[2] != after[2] for before, after in pairwise(intervals))
            for moment in {at + step for at, _, _ in events for step in (-10 * HOUR, -1, 0, 1, 10 * HOUR)}:
                owners = [customer for begin, end, customer in intervals if begin <= moment < end]
                expected = owner_by_force(events, moment)
                assert owners == ([expected] if expected else [])
        shuffler.shuffle(rows)
        stand_ins.put("int_events_deduplicated", rows)
        assert stand_ins.run(query) == found

    check()


# --- duplicates and versions ------------------------------------------------------------------------------------------

# The order in which deliveries of one event are compared; the smallest wins, a missing value is the greatest.
CONTENT = [
    "event_at",
    "visitor_id",
    "customer_id",
    "event_type",
    "event_name",
    "outcome",
    "product_id",
    "quantity",
    "amount",
    "order_id",
    "device_type",
    "traffic_channel",
    "campaign",
    "country",
    "payment_method",
    "gateway",
    "failure_reason",
    "app_version",
]
ARRIVAL = ["_landed_on", "_source_file"]
DELIVERED = {
    "event_at": ("2025-01-01 10:00:00", "2025-01-01 10:00:00.000001"),
    "visitor_id": ("v1", "v2"),
    "customer_id": (None, "c1"),
    "quantity": (None, 2, 10),
    "amount": (None, 9.5, 10),
    "campaign": (None, "a"),
    "app_version": (None, "1"),
    "_landed_on": ("2025-01-01", "2025-01-02"),
    "_source_file": ("f1", "f2"),
    "_rejection_reasons": ("", "", "", "future_event_at"),
}


def nulls_last(row: dict, columns: Sequence[str]) -> tuple:
    """A sort key over columns in which a missing value is the greatest."""
    return tuple((row.get(column) is None, row.get(column) or 0) for column in columns)


def test_the_smallest_delivery_wins(stand_ins: StandIns) -> None:
    """Of deliveries with one id the smallest by content counts, in whatever order and file they came."""
    sql = compiled("int_events_repeated", "int_events_deduplicated")
    shown = ["event_id", *CONTENT, *ARRIVAL]
    as_text = ", ".join(f"cast({column} as varchar)" for column in shown)
    one_id = st.lists(
        st.fixed_dictionaries({c: st.sampled_from(v) for c, v in DELIVERED.items()}), min_size=1, max_size=4
    )

    def winners(rows: list[dict]) -> tuple[list[tuple], int]:
        stand_ins.put("int_events_batched", rows)
        stand_ins.put("int_events_repeated", [])
        repeated = "footfall.intermediate.int_events_repeated"
        stand_ins.run(f"create or replace table {repeated} as {sql['int_events_repeated']}")
        (losers,) = stand_ins.run(f"select count(*) from {repeated} where delivery_rank > 1")[0]
        return stand_ins.run(f"select {as_text} from ({sql['int_events_deduplicated']}) order by event_id"), losers

    @SETTINGS
    @given(st.lists(one_id, min_size=12, max_size=12), st.randoms(use_true_random=False))
    def check(deliveries: list[list[dict]], shuffler: random.Random) -> None:
        rows = [{"event_id": f"e{n:02d}", **row} for n, copies in enumerate(deliveries) for row in copies]
        good = [row for row in rows if not row["_rejection_reasons"]]
        by_id: dict[str, list[dict]] = {}
        for row in good:
            by_id.setdefault(row["event_id"], []).append(row)
        best = [min(copies, key=lambda row: nulls_last(row, [*CONTENT, *ARRIVAL])) for copies in by_id.values()]
        found, losers = winners(rows)
        assert [(row["event_id"], *(text(row.get(c), c) for c in shown[1:])) for row in best] == found
        assert len(found) + losers == len(good)
        shuffler.shuffle(rows)
        assert winners(rows) == (found, losers)

    check()


def text(value: object, column: str) -> str | None:
    """A value as the database casts it to text."""
    if value is None:
        return None
    return f"{float(value):.4f}" if column == "amount" else str(value)  # type: ignore[arg-type]


CUSTOMER_CONTENT = [
    "customer_id",
    "signed_up_at",
    "customer_name",
    "email",
    "gender",
    "birth_year",
    "country",
    "region",
    "city",
    "latitude",
    "longitude",
    "updated_at",
]
VERSIONS = {
    "customer_name": (None, "Ada", "Bob"),
    "birth_year": (None, 1990, 800),
    "updated_at": (None, "2025-01-01 00:00:00", "2025-01-02 00:00:00"),
    **{column: DELIVERED[column] for column in ("_landed_on", "_source_file", "_rejection_reasons")},
}


def fates_by_force(rows: list[dict]) -> list[tuple]:
    """The newest version is accepted, one that says what a better one says (but for its time) is a duplicate."""
    said = [column for column in CUSTOMER_CONTENT if column != "updated_at"]

    def descending(row: dict, column: str) -> tuple:
        return row[column] is None, [-ord(letter) for letter in row[column] or ""]

    def rank(row: dict) -> tuple:
        content = nulls_last(row, [*CUSTOMER_CONTENT, "_source_file"])
        return descending(row, "updated_at"), descending(row, "_landed_on"), content

    fates = []
    for customer_id in {row["customer_id"] for row in rows}:
        seen: list[tuple] = []
        for row in sorted(
            (r for r in rows if r["customer_id"] == customer_id and not r["_rejection_reasons"]), key=rank
        ):
            content = nulls_last(row, said)
            fates.append((row, "duplicate" if content in seen else "superseded" if seen else "accepted"))
            seen.append(content)
    fates += [(row, "quarantined") for row in rows if row["_rejection_reasons"]]
    return sorted(
        (row["customer_id"], *(str(row[c]) for c in VERSIONS if c != "_rejection_reasons"), fate) for row, fate in fates
    )


def test_the_newest_version_wins(stand_ins: StandIns) -> None:
    """Every landed row of an entity has the fate that a loop over its versions gives it."""
    sql = compiled("int_customers_fated")["int_customers_fated"]
    shown = [f"coalesce(cast({c} as varchar), 'None')" for c in VERSIONS if c != "_rejection_reasons"]
    versions = st.lists(
        st.fixed_dictionaries({c: st.sampled_from(v) for c, v in VERSIONS.items()}), min_size=1, max_size=5
    )

    @SETTINGS
    @given(st.lists(versions, min_size=15, max_size=15), st.randoms(use_true_random=False))
    def check(customers: list[list[dict]], shuffler: random.Random) -> None:
        rows = [{"customer_id": f"c{n}", **row} for n, copies in enumerate(customers) for row in copies]
        shuffler.shuffle(rows)
        stand_ins.put("storefront__customers", rows)
        found = stand_ins.run(f"select customer_id, {', '.join(shown)}, _fate from ({sql})")
        assert sorted(found) == fates_by_force(rows)

    check()


# --- statistics -------------------------------------------------------------------------------------------------------


def test_wilson_interval_is_that_of_scipy(stand_ins: StandIns) -> None:
    cases = [(k, n) for n in (1, 2, 3, 10, 29) for k in range(n + 1)]
    cases += [(0, 10**6), (1, 10**6), (249_123, 10**6), (10**6, 10**6)]
    values = ", ".join(f"({k}, {n})" for k, n in [*cases, (0, 0)])
    low, high = (compiled_macro(f"wilson_bound('successes', 'trials', '{side}')") for side in ("low", "high"))
    found = {
        (k, n): (a, b)
        for k, n, a, b in stand_ins.run(
            f"select successes, trials, {low}, {high} from (values {values}) as cases (successes, trials)"
        )
    }
    assert found.pop((0, 0)) == (None, None)
    for (successes, trials), interval in found.items():
        expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        assert interval == pytest.approx((expected.low, expected.high), rel=1e-11, abs=1e-14), (successes, trials)
        assert 0 <= interval[0] <= successes / trials + 1e-15
        assert successes / trials - 1e-15 <= interval[1] <= 1


def test_normal_tail_is_that_of_scipy(stand_ins: StandIns) -> None:
    """Within 1.2e-7 of the true value, relatively: far out, too, where q-values are decided."""
    tail = compiled_macro("normal_upper_tail('z')")
    query = f"select z, {tail} from (select cast(unnest(range(-1000, 3701)) as double) / 100 as z)"
    found = np.array(stand_ins.run(query))
    expected = stats.norm.sf(found[:, 0])
    assert np.max(np.abs(found[:, 1] / expected - 1)) < 1.25e-7
    assert stand_ins.run(f"select {tail} from (select cast(0 as double) as z)")[0][0] == pytest.approx(0.5, rel=1e-7)


def test_q_values_are_those_of_scipy(stand_ins: StandIns) -> None:
    """payment_failure_drivers over random attempts: z, p and the Benjamini-Hochberg q of every slice; ties included."""
    sql = compiled("payment_failure_drivers", min_slice_attempts=5)["payment_failure_drivers"]
    random_numbers = random.Random(5)
    values = {
        "gateway": ("g1", "g2", "unknown"),
        "payment_method": ("card", "wallet"),
        "device_type": ("mobile", "desktop"),
        "app_version": ("1", "2"),
        "country": ("only",),
        "hour_of_day": ("00", "23"),
        "amount_band": ("below 10", "10 to 25"),
    }

    def attempt(number: int) -> dict[str, object]:
        row: dict[str, object] = {column: random_numbers.choice(choices) for column, choices in values.items()}
        is_failed = random_numbers.random() < (0.7 if row["gateway"] == "g2" else 0.3)
        days = {"payment_id": f"a{number}", "attempted_on": f"2025-01-{1 + number % 28:02d}", "amount": 10}
        return {**row, **days, "is_failed": is_failed, "result": "declined" if is_failed else "approved"}

    stand_ins.put("int_payments_profiled", [attempt(number) for number in range(600)])
    columns = "attempt_count, failed_count, rest_attempt_count, rest_failed_count, z_score, p_value, q_value"
    found = np.array(stand_ins.run(f"select {columns} from ({sql})"), dtype=float)
    n, k, m, j, z, p, q = found.T
    pooled = (k + j) / (n + m)
    np.testing.assert_allclose(
        z, (k / n - j / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(p, stats.norm.sf(z), rtol=1.25e-7)
    np.testing.assert_allclose(q, stats.false_discovery_control(p), rtol=1e-12)
    assert len(p) > len(set(p)) > 20
