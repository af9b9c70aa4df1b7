"""What a page can put on the screen, whatever the screen is: the app (app.py) or the report (report.py)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta

import plotly.graph_objects as go
import polars as pl

from dashboard.formats import change, shown
from dashboard.queries import Publication, Serving

PERIODS = {"30": "Last 30 days", "90": "Last 90 days", "365": "Last 365 days", "all": "All time"}


@dataclass(frozen=True)
class Metric:
    """One number with its name: `of` is its kind (formats.py), `before` the same of the period before, `good` what an
    increase means ("up" good, "down" bad, "" neither), `detail` a count or an interval below it."""

    label: str
    value: object
    of: str = "count"
    before: object = None
    good: str = "up"
    help: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """The value as it is shown."""
        return shown(self.value, self.of)

    @property
    def change(self) -> str | None:
        """How it differs from the period before; None where there is nothing to compare with."""
        return change(self.value, self.before, self.of)


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both inclusive, and as many before them. `is_comparable`: the data reaches back that far."""

    first: date
    last: date
    before_first: date
    before_last: date
    is_comparable: bool
    label: str

    @property
    def parameters(self) -> dict[str, date]:
        """The period's days, as the statements name them."""
        return {
            "first": self.first,
            "last": self.last,
            "before_first": self.before_first,
            "before_last": self.before_last,
        }


def period_of(choice: str, publication: Publication) -> Period:
    """The days up to the as-of date that a choice of PERIODS means."""
    last = publication.as_of_date or date(1970, 1, 1)
    start = publication.first_day or last
    if choice == "all":
        return Period(start, last, start, start, False, "all time")
    days = int(choice)
    first = last - timedelta(days=days - 1)
    before_first = first - timedelta(days=days)
    return Period(first, last, before_first, first - timedelta(days=1), before_first >= start, f"last {days} days")


def tests_told(publication: Publication) -> str:
    """How the tests on a version ended, in a few words."""
    if not publication.test_count:
        return "no tests were run"
    failed = publication.failed_test_count
    return f"{publication.test_count} tests, {failed if failed else 'none'} failed"


class Page(ABC):
    """A page being shown: the data of one version, what was chosen, and where to put things."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    @property
    def publication(self) -> Publication:
        """What the version says of itself."""
        return self._serving.publication

    def rows(self, statement: str, **parameters: object) -> pl.DataFrame:
        """The answer of a named statement (queries.py)."""
        return self._serving.rows(statement, **parameters)

    def row(self, statement: str, **parameters: object) -> dict[str, object]:
        """The first row of an answer; all None where it has none."""
        answer = self.rows(statement, **parameters)
        return answer.row(0, named=True) if answer.height else dict.fromkeys(answer.columns)

    def define(self, table: str, column: str = "") -> str:
        """The definition of a mart's column, for a tooltip."""
        return self._serving.description(table, column)

    def period(self, default: str = "90") -> Period:
        """The period that was chosen, with the control to choose it."""
        return period_of(self.choose("period", "Period", PERIODS, default), self.publication)

    @abstractmethod
    def title(self, title: str, lead: str) -> None:
        """The page's heading and one sentence on what it is for."""

    @abstractmethod
    def section(self, title: str, lead: str = "") -> None:
        """A heading within the page."""

    @abstractmethod
    def filters(self) -> AbstractContextManager:
        """A row for the controls: `with page.filters(): ... page.choose(...)`."""

    @abstractmethod
    def choose(
        self, key: str, label: str, options: Mapping[str, str], default: str | None = None, help: str = ""
    ) -> str:
        """One of `options` (key -> words), as the address says (`?key=…`), else `default`, else the first."""

    @abstractmethod
    def type_in(self, key: str, label: str, placeholder: str = "") -> str:
        """A text, as the address says; '' for none."""

    @abstractmethod
    def columns(self, *weights: int) -> AbstractContextManager:
        """Places side by side: `with page.columns(1, 1) as (left, right): with left: …`. Below each other on a phone."""

    @abstractmethod
    def metrics(self, metrics: Sequence[Metric], note: str = "") -> None:
        """Tiles with numbers."""

    @abstractmethod
    def chart(
        self,
        figure: go.Figure,
        rows: pl.DataFrame,
        title: str,
        *,
        key: str,
        help: str = "",
        note: str = "",
        labels: Mapping[str, str] | None = None,
        picks: str = "",
    ) -> None:
        """A figure with its title, and `rows`, what it shows, as a table below to open and to download.

        `key` is unique on the page, names the download, and is the figure's text alternative's anchor. `picks`: the key of
        the choice that a click on a point makes (the figure's customdata has the options).
        """

    @abstractmethod
    def table(
        self,
        rows: pl.DataFrame,
        title: str,
        *,
        key: str,
        help: str = "",
        note: str = "",
        mart: str = "",
        labels: Mapping[str, str] | None = None,
        hidden: Sequence[str] = (),
        height: int | None = None,
    ) -> None:
        """A table with its title and download. A click on a customer_id opens the customer; `mart` gives the tooltips.
        Columns of `hidden` are in the download only."""

    @abstractmethod
    def note(self, text: str) -> None:
        """A sentence of explanation, in small."""

    @abstractmethod
    def empty(self, text: str) -> None:
        """Says why there is nothing to see here and what would bring it."""

    @abstractmethod
    def warn(self, text: str) -> None:
        """Something that needs attention."""

    @abstractmethod
    def good(self, text: str) -> None:
        """Something that is fine."""

    @abstractmethod
    def link(self, text: str, view: str, **parameters: str) -> None:
        """A way to another page with something chosen there."""

    @abstractmethod
    def refreshing(self, seconds: int) -> None:
        """From now on the page is shown anew every so many seconds (in the app)."""
