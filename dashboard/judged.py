"""Which carts and failed payments are old enough to be judged: those whose whole conversion window lies within the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.formats import shown
from dashboard.page import Page, Period

DEFAULT_WINDOW_HOURS = 24


def window(page: Page) -> str:
    """The conversion window in words."""
    hours = page.publication.settings.get("conversion_window_hours")
    return f"{hours} hours" if hours else "the conversion window"


@dataclass(frozen=True)
class Judged:
    """The days of a period, and of the one before it, of which every cart or failure is older than the window.

    The last days of both are left out alike, so that equal numbers of days are compared.
    """

    period: Period
    window: str
    last: date
    before_last: date

    @property
    def parameters(self) -> dict[str, date]:
        """The period's days and the last ones judged, as the statements name them."""
        return {**self.period.parameters, "judged_last": self.last, "judged_before_last": self.before_last}

    def told(self, things: str, happen: str, young_count: int, is_compared: bool) -> str:
        """What the numbers of these days are of: `things` (carts) of which younger ones may still `happen` (be ordered)."""
        told = (
            f"whole days whose {things} are all older than {self.window}, as younger ones may still {happen}: "
            f"up to {shown(self.last, 'date')}; {young_count:,} later {things} are left out."
        )
        if not (is_compared and self.period.is_comparable):
            return told
        return (
            f"{told} These {(self.last - self.period.first).days + 1:,} days are compared with the same days of the period "
            f"before, {shown(self.period.before_first, 'date')} to {shown(self.before_last, 'date')}."
        )


def judged(page: Page, period: Period) -> Judged:
    """The days of `period` that can be judged."""
    hours = int(page.publication.settings.get("conversion_window_hours") or DEFAULT_WINDOW_HOURS)
    young = timedelta(days=-(-hours // 24))
    return Judged(period, window(page), period.last - young, period.before_last - young)
