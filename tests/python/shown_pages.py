"""The dashboard's pages for the tests: what one shows, without a browser."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl
from footfall.publish import CURRENT
from streamlit.testing.v1 import AppTest

from dashboard.contents import VIEWS, View
from dashboard.page import Metric
from dashboard.queries import Serving
from dashboard.report import HtmlPage

# One page as the app shows it; navigation between pages is the browser tests' part.
ONE_PAGE = """
import sys
from pathlib import Path
import streamlit as st
from dashboard.app import StreamlitPage, _banner
from dashboard.contents import VIEWS
from dashboard.queries import open_current

class Screens(dict):
    def __missing__(self, name):
        return st.Page(lambda: None, title=name, url_path=name)

serving = open_current(Path(st.session_state["serving"]))
page = StreamlitPage(serving, Screens())
page.link = lambda text, view, **parameters: st.caption(text)
_banner(serving)
next(view for view in VIEWS if view.name == st.session_state["view"]).show(page)
"""


class Recorder(HtmlPage):
    """A page that remembers what was put on it."""

    def __init__(self, serving: Serving, name: str, choices: Mapping[str, str] | None = None) -> None:
        super().__init__(serving, name, choices)
        self.found: dict[str, Metric] = {}
        self.frames: dict[str, pl.DataFrame] = {}
        self.controls: dict[str, list[str]] = {}
        self.said: list[str] = []

    def metrics(self, metrics, note=""):
        for metric in metrics:
            self.found.setdefault(metric.label, metric)
        super().metrics(metrics, note)

    def chart(self, figure, rows, title, *, key, **more):
        assert key not in self.frames, f"{key} stands twice on the page"
        self.frames[key] = rows
        super().chart(figure, rows, title, key=key, **more)

    def table(self, rows, title, *, key, **more):
        assert key not in self.frames, f"{key} stands twice on the page"
        self.frames[key] = rows
        super().table(rows, title, key=key, **more)

    def choose(self, key, label, options, default=None, help=""):
        self.controls[key] = list(options)
        return super().choose(key, label, options, default, help)

    def empty(self, text: str) -> None:
        self.said.append(text)
        super().empty(text)


def recorded(serving: Serving, view: View | str, **choices: str) -> Recorder:
    """What a page shows with these choices."""
    found = view if isinstance(view, View) else next(one for one in VIEWS if one.name == view)
    page = Recorder(serving, found.name, choices)
    found.show(page)
    return page


def on_screen(folder: Path, view: str, **address: str) -> AppTest:
    """A page as Streamlit shows it."""
    test = AppTest.from_string(ONE_PAGE, default_timeout=120)
    test.session_state["serving"] = str(folder)
    test.session_state["view"] = view
    for key, value in address.items():
        test.query_params[key] = value
    return test.run()


def marts(connection: duckdb.DuckDBPyConnection) -> list[tuple[str]]:
    return connection.execute(
        "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
    ).fetchall()


def copied(folder: Path, to: Path) -> Path:
    """The current version in a folder of its own, to be changed."""
    made = to / "serving"
    made.mkdir()
    version = (folder / CURRENT).resolve()
    shutil.copy(version, made / version.name)
    (made / CURRENT).symlink_to(version.name)
    return made


def answer(serving: Serving, query: str) -> object:
    with duckdb.connect(str(serving.path), read_only=True) as connection:
        [(value,)] = connection.execute(query).fetchall()
    return value


def customer_with_orders(serving: Serving) -> str:
    return answer(
        serving,
        "select customer_id from marts.customer_360 order by revenue_amount desc nulls last, customer_id limit 1",
    )
