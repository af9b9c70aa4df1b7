"""Which snapshots a model learns from, is chosen by and is judged by: successive ones, whose outcomes do not overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


class TooLittleError(Exception):
    """There is too little history to learn from; one line that says what is missing."""


@dataclass(frozen=True)
class Periods:
    """Snapshots: `training` before `validation` before `test`, each period's outcomes known before the next one begins.

    `before_test`: all whose outcomes were known at the test's snapshot, `before_today`: at the newest snapshot, `today`.
    """

    training: tuple[date, ...]
    validation: date
    test: date
    today: date
    before_test: tuple[date, ...]
    before_today: tuple[date, ...]


def periods(snapshots: Sequence[date], horizon_days: int, learns_earlier: bool = True) -> Periods:
    """Splits `snapshots` (the newest is today) for outcomes of (snapshot, snapshot + horizon]. Raises TooLittleError.

    Without `learns_earlier` there may be no training periods: what learns from the snapshot itself needs none.
    """
    days = sorted(set(snapshots))
    horizon = timedelta(days=horizon_days)
    if not days:
        raise TooLittleError("nothing has happened yet")

    def known_at(day: date) -> tuple[date, ...]:
        return tuple(one for one in days if one + horizon <= day)

    today = days[-1]
    before_today = known_at(today)
    before_test = known_at(before_today[-1]) if before_today else ()
    training = known_at(before_test[-1]) if before_test else ()
    at_hand, needed = bool(before_today) + bool(before_test) + bool(training), 3 if learns_earlier else 2
    if at_hand < needed:
        raise TooLittleError(
            f"the outcomes of {at_hand} of the {needed} periods of {horizon_days} days that it takes are known by {today}"
        )
    return Periods(training, before_test[-1], before_today[-1], today, before_test, before_today)
