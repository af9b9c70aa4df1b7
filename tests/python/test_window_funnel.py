"""ClickHouse's windowFunnel, case by case: what its documentation and its own tests state holds for our funnel's SQL.

Written after ClickHouse's page "Parametric aggregate functions" and its test 00632_aggregation_window_funnel. The
window is in seconds there and in hours here: one second of a case is one hour of the events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from test_properties import BEGIN, HOUR, as_time, compiled, empty_build

LONG = 10_000
Event = tuple[float, int]
Condition = int | Callable[[int], bool]


@dataclass(frozen=True)
class Case:
    """Events (time, code), a condition for each step, the window, and how far ClickHouse says one gets."""

    name: str
    level: int
    events: Sequence[Event]
    conditions: Sequence[Condition]
    window: int = LONG
    mode: str = "default"


def at_least(code: int) -> Condition:
    return lambda other: other >= code


def at_most(code: int) -> Condition:
    return lambda other: other <= code


EVERY_SECOND: list[Event] = [(n, 1000 + n) for n in range(9)]
FROM_1001: list[Event] = [(n, 1000 + n) for n in range(1, 9)]
TIES: list[Event] = [(0, 1000), (1, 1001), (1, 1002), (1, 1003), (2, 1004)]
REPEATED: list[Event] = [(0, 1000), (10, 1001), (20, 1002), (30, 1003), (40, 1004), (50, 1005), (51, 1005), (60, 1006)]
A, B, C, D = 1, 2, 3, 4


def letters(word: str) -> list[Event]:
    """'abd' as events a second apart."""
    return [(float(n), "abcd".index(letter) + 1) for n, letter in enumerate(word, start=1)]


CASES = [
    # The documentation's example: entry, view, order, order again; days apart.
    Case("the page's example", 4, [(0, 1003), (22, 1009), (47, 1007), (70, 1010)], [1003, 1009, 1007, 1010]),
    Case("one step", 1, EVERY_SECOND, [1000, 2000]),
    Case("two steps", 2, EVERY_SECOND, [1000, 1001]),
    Case("three steps", 3, EVERY_SECOND, [1000, 1001, 1002]),
    Case("other events may come between", 4, EVERY_SECOND, [1000, 1001, 1002, 1008]),
    Case("no entry", 0, EVERY_SECOND, [2000, 1001]),
    # The window counts from the first step and is inclusive.
    Case("a window of 2", 3, EVERY_SECOND, [1003, 1004, 1005, 1006, 1007], window=2),
    Case("a window of 3", 4, EVERY_SECOND, [1003, 1004, 1005, 1006, 1007], window=3),
    Case("a window of 4", 5, EVERY_SECOND, [1003, 1004, 1005, 1006, 1007], window=4),
    Case("first and last", 2, FROM_1001, [1001, 1008]),
    Case("the order matters", 1, FROM_1001, [1008, 1001]),
    # One event may satisfy several conditions.
    Case(
        "conditions that overlap",
        4,
        FROM_1001,
        [at_most(1007), at_least(1002), at_most(1006), at_least(1004)],
        window=4,
    ),
    Case("a step that repeats", 6, REPEATED, [1000, 1001, 1002, 1003, 1004, 1005]),
    Case("a step that repeats, all steps", 6, REPEATED, [1001, 1002, 1003, 1004, 1005, 1006]),
    # Equal times advance in the order of the steps, in default mode only.
    Case("ties", 5, TIES, [1000, 1001, 1002, 1003, 1004]),
    Case("ties, strictly increasing", 2, TIES, [1000, 1001, 1002], mode="strict_increase"),
    Case("ties that lie the other way round", 4, [(1, 1004), *TIES[:-1]], [1000, 1001, 1002, 1004]),
    Case("one event takes all steps", 3, TIES, [1004, 1004, 1004]),
    Case("one event takes one step, strictly increasing", 1, TIES, [1004, 1004, 1004], mode="strict_increase"),
    # strict_order's table, in default mode.
    Case("abc", 3, letters("abc"), [A, B, C]),
    Case("adbc", 3, letters("adbc"), [A, B, C]),
    Case("aabbcc", 3, letters("aabbcc"), [A, B, C]),
    Case("aaaabbcc", 3, letters("aaaabbcc"), [A, B, C]),
    Case("aabbdcc", 3, letters("aabbdcc"), [A, B, C]),
    Case("ccbbaa", 1, letters("ccbbaa"), [A, B, C]),
    # The latest entry wins: the second a saves the chain, and does not break one that stands.
    Case("a later entry starts the window again", 2, [(0, A), (9, A), (12, B)], [A, B], window=4),
    Case("a later entry leaves what was reached", 3, [(0, A), (1, B), (2, A), (3, C)], [A, B, C], window=4),
    # ClickHouse's strict_increase remembers the last time only and says 2 here; the chain a0 b1 c2 is there, so 3.
    Case("strictly increasing, by brute force", 3, [(0, A), (1, B), (2, B), (2, C)], [A, B, C], mode="strict_increase"),
]
# Windows differ by case and funnels run in one query: cases of one window and mode are compiled together.
GROUPS = sorted({(case.window, case.mode) for case in CASES})


def rows_of(case: Case) -> list[dict[str, object]]:
    """The case's events as rows of int_funnel_events: one per condition that an event satisfies."""
    return [
        {
            "funnel": "f",
            "scope_value": "all",
            "step_number": number,
            "event_id": f"{case.name}-{position:02d}",
            "event_at": as_time(int(BEGIN + at * HOUR)),
            "visitor_id": case.name,
            "session_id": case.name,
        }
        for position, (at, code) in enumerate(case.events)
        for number, condition in enumerate(case.conditions, start=1)
        if (condition(code) if callable(condition) else condition == code)
    ]


@pytest.fixture(scope="module")
def levels() -> dict[str, int]:
    """Case -> level, by the compiled model."""
    found: dict[str, int] = {}
    with empty_build() as build:
        build.put("int_events_sessionized", [])
        build.put("funnel_steps", [{"funnel": "f", "step_number": 1, "event_type": "page_view", "scope": "all"}])
        for window, mode in GROUPS:
            sql = compiled("int_funnel_chains", conversion_window_hours=window, funnel_mode=mode)["int_funnel_chains"]
            cases = [case for case in CASES if (case.window, case.mode) == (window, mode)]
            build.put("int_funnel_events", [row for case in cases for row in rows_of(case)])
            found |= dict(build.run(f"select unit_id, furthest_step_number from ({sql}) where unit = 'visitor'"))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_level(levels: dict[str, int], case: Case) -> None:
    assert levels.get(case.name, 0) == case.level
