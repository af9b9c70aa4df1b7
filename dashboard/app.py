"""The dashboard: `make dashboard`, or `streamlit run dashboard/app.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [path for path in (str(PROJECT), str(PROJECT / "scripts")) if path not in sys.path]

import plotly.graph_objects as go
import polars as pl
import streamlit as st
from footfall.publish import current_version, serving_folder

from dashboard import tables, theme
from dashboard.contents import VIEWS, View
from dashboard.formats import MINUS
from dashboard.page import Metric, Page, tests_told
from dashboard.queries import NothingPublishedError, Serving, open_current, shows_pii

COLUMN_FORMATS = {"money": "accounting", "rate": "percent", "count": "localized", "score": "%.3f", "days": "%.1f", "seconds": "localized"}  # fmt: skip
CHART = {"displayModeBar": False, "responsive": True}
WATCH_SECONDS = 5
ICON = PROJECT / "dashboard" / "icon.svg"
STYLE = """
<style>
  [data-testid="stMainBlockContainer"] { padding-top: 3.2rem; max-width: 1400px; }
  [data-testid="stMetricValue"] { font-size: 1.65rem; font-variant-numeric: tabular-nums; }
  [data-testid="stMetricLabel"] *:not(svg) { white-space: normal; overflow: visible; text-overflow: clip; }
  h1 { font-size: 1.7rem !important; padding-bottom: 0 !important; }
  h3 { font-size: 1.02rem !important; padding: 0 !important; }
  h2 { font-size: 1.2rem !important; padding-top: 1.4rem !important; }
  @media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 4.5rem 1rem 2rem; } }
</style>
"""


class StreamlitPage(Page):
    """A page on the screen. What is chosen stands in the address, so a link shows the same."""

    def __init__(self, serving: Serving, screens: Mapping[str, st.Page]) -> None:
        super().__init__(serving)
        self._screens = screens

    def title(self, title: str, lead: str) -> None:
        st.title(_shown_text(title), anchor=False)
        st.caption(_shown_text(lead))

    def section(self, title: str, lead: str = "") -> None:
        st.header(_shown_text(title), anchor=False)
        if lead:
            st.caption(_shown_text(lead))

    @contextmanager
    def filters(self) -> Iterator[None]:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            yield

    def choose(
        self, key: str, label: str, options: Mapping[str, str], default: str | None = None, help: str = ""
    ) -> str:
        keys = list(options)
        fallback = default if default in options else keys[0]
        value = st.query_params.get(key, fallback)
        if value not in options:
            value = fallback
        widget = f"choose {key}"

        def put_into_address() -> None:
            picked = st.session_state[widget]
            if picked == fallback:
                st.query_params.pop(key, None)
            else:
                st.query_params[key] = picked

        # The address is the truth: a link, or the browser's way back, changes the control and not the other way round.
        st.session_state[widget] = value
        st.selectbox(
            label,
            keys,
            format_func=lambda one: options.get(one, one),
            key=widget,
            on_change=put_into_address,
            help=help or None,
            width=240,
        )
        return value

    def type_in(self, key: str, label: str, placeholder: str = "") -> str:
        widget = f"type {key}"

        def put_into_address() -> None:
            if typed := st.session_state[widget].strip():
                st.query_params[key] = typed
            else:
                st.query_params.pop(key, None)

        st.session_state[widget] = st.query_params.get(key, "")
        st.text_input(label, key=widget, on_change=put_into_address, placeholder=placeholder, width=320)
        return st.session_state[widget].strip()

    @contextmanager
    def columns(self, *weights: int) -> Iterator[list]:
        yield st.columns(list(weights), gap="large")

    def metrics(self, metrics: Sequence[Metric], note: str = "") -> None:
        per_row = len(metrics) if len(metrics) <= 5 else (len(metrics) + 1) // 2
        for start in range(0, len(metrics), per_row):
            for place, metric in zip(st.columns(per_row), metrics[start : start + per_row], strict=False):
                change = metric.change
                colour = {"up": "normal", "down": "inverse"}.get(metric.good, "off")
                with place.container(border=True, height="stretch", gap="xsmall"):
                    st.metric(
                        _shown_text(metric.label),
                        metric.text,
                        change.replace(MINUS, "-") if change else None,
                        delta_color=colour if change else "off",
                        help=_shown_text(metric.help) or None,
                    )
                    if metric.detail:
                        st.caption(_shown_text(metric.detail))
        if note:
            st.caption(_shown_text(note))

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
        with st.container():
            st.subheader(_shown_text(title), anchor=False, help=_shown_text(help) or None)
            if note:
                st.caption(_shown_text(note))
            figure.update_layout(height=figure.layout.height or theme.HEIGHT)
            chosen = st.plotly_chart(
                figure,
                theme=None,
                config=CHART,
                key=f"chart {key}",
                on_select="rerun" if picks else "ignore",
                selection_mode="points",
                alt=f"{title}. {note} The numbers are in the table below.",
            )
            if picks:
                self._pick(picks, chosen, f"chart {key}")
            # Made when it is opened: a page has a dozen of them, and each would be drawn behind its lid.
            numbers = st.expander("Numbers", key=f"numbers {key}", on_change="rerun")
            if numbers.open:
                with numbers:
                    self._frame(rows, key, labels=labels)

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
        st.subheader(_shown_text(title), anchor=False, help=_shown_text(help) or None)
        if note:
            st.caption(_shown_text(note))
        self._frame(rows, key, mart=mart, labels=labels, hidden=hidden, height=height)

    def note(self, text: str) -> None:
        st.caption(_shown_text(text))

    def empty(self, text: str) -> None:
        st.info(_shown_text(text), icon=":material/info:")

    def warn(self, text: str) -> None:
        st.warning(_shown_text(text), icon=":material/warning:")

    def good(self, text: str) -> None:
        st.success(_shown_text(text), icon=":material/check_circle:")

    def link(self, text: str, view: str, **parameters: str) -> None:
        st.page_link(self._screens[view], label=_shown_text(text), query_params=parameters)

    def refreshing(self, seconds: int) -> None:
        if seconds > 0:
            _refresh(seconds)

    def _frame(
        self,
        rows: pl.DataFrame,
        key: str,
        *,
        mart: str = "",
        labels: Mapping[str, str] | None = None,
        hidden: Sequence[str] = (),
        height: int | None = None,
    ) -> None:
        names, kinds = tables.headings(rows, labels), tables.kinds(rows)
        kinds |= {name: "count" for name, dtype in rows.schema.items() if dtype.is_integer() and kinds[name] != "text"}
        is_customers = "customer_id" in rows.columns and mart != "none"
        configured = {column: self._column(column, names[column], kinds[column], mart) for column in rows.columns}
        event = st.dataframe(
            tables.plain(rows),
            hide_index=True,
            column_config={**configured, **dict.fromkeys(hidden)},
            height=height or "auto",
            key=f"table {key}",
            on_select="rerun" if is_customers else "ignore",
            selection_mode="single-cell",
            placeholder="–",
        )
        st.download_button(
            f"CSV · {rows.height:,} {'row' if rows.height == 1 else 'rows'}",
            tables.csv(rows),
            file_name=f"{key}.csv",
            mime="text/csv",
            key=f"download {key}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
        if is_customers and (cells := event.selection.get("cells")):
            row, column = cells[0]
            if column == "customer_id" and row < rows.height and rows["customer_id"][row] is not None:
                st.switch_page(self._screens["customer"], query_params={"customer": rows["customer_id"][row]})

    def _column(self, column: str, name: str, kind: str, mart: str) -> object:
        help_text = self.define(mart, column) if mart else ""
        settings = {"label": f"{name} ↗" if column == "customer_id" and mart != "none" else name}
        settings["help"] = _shown_text(help_text) or ("Click to see the customer" if column == "customer_id" else None)
        if kind in COLUMN_FORMATS:
            return st.column_config.NumberColumn(format=COLUMN_FORMATS[kind], **settings)
        if kind == "flag":
            return st.column_config.CheckboxColumn(**settings)
        if kind == "date":
            return st.column_config.DateColumn(format="D MMM YYYY", **settings)
        if kind == "month":
            return st.column_config.DateColumn(format="MMM YYYY", **settings)
        if kind == "moment":
            return st.column_config.DatetimeColumn(format="D MMM YYYY HH:mm", **settings)
        if kind == "number":
            return st.column_config.NumberColumn(**settings)
        return st.column_config.TextColumn(**settings)

    def _pick(self, key: str, chosen: object, widget: str) -> None:
        """Puts the option of a clicked point into the address, once."""
        points = chosen.selection.get("points", []) if chosen else []
        option = _first(points[0].get("customdata")) if points else None
        seen = f"picked {widget}"
        if option != st.session_state.get(seen):
            st.session_state[seen] = option
            if option is not None and st.query_params.get(key) != option:
                st.query_params[key] = option
                st.rerun()


def _first(value: object) -> str | None:
    while isinstance(value, (list, tuple)):
        value = value[0] if value else None
    return None if value is None else str(value)


def _shown_text(text: str) -> str:
    """A text for places where Streamlit reads Markdown: what could be a sign of it stands for itself."""
    for sign in "\\`*_{}[]<>#$~:|":
        text = text.replace(sign, f"\\{sign}")
    return text


@st.cache_resource(max_entries=3, show_spinner=False)
def _opened(path: str) -> Serving:
    return Serving(Path(path))


def _serving() -> Serving:
    """The current version; one connection for all who look at it."""
    path = current_version(serving_folder())
    if path is None:
        return open_current(serving_folder())
    try:
        return _opened(str(path))
    except NothingPublishedError:
        # It was pruned between the look and the opening: another one is current now.
        return open_current(serving_folder())


def _watch(serving: Serving) -> None:
    """Looks every few seconds whether another version is current, and shows it."""

    @st.fragment(run_every=WATCH_SECONDS)
    def look() -> None:
        current = current_version(serving_folder())
        if current is not None and current != serving.path:
            st.rerun()

    look()


def _refresh(seconds: int) -> None:
    @st.fragment(run_every=seconds)
    def again() -> None:
        # The first run is the page's own.
        key = "refreshed once"
        if st.session_state.get(key):
            st.session_state[key] = False
            st.rerun()
        st.session_state[key] = True

    st.session_state["refreshed once"] = False
    again()


def _banner(serving: Serving) -> None:
    """As-of date, version and failed tests: on every page."""
    told = serving.publication
    as_of = f"{told.as_of_date:%d %b %Y}".lstrip("0") if told.as_of_date else "no date: nothing was accepted"
    parts = [f"Data as of **{as_of}**", f"source {_shown_text(told.source_system)}", f"version {told.version}"]
    if told.failed_test_count:
        st.error(
            f"{told.failed_test_count} of {told.test_count} tests failed on this data: see Data quality before you trust a number.",
            icon=":material/error:",
        )
    else:
        parts.append(tests_told(told))
    if shows_pii():
        parts.append("names and emails are shown")
    st.caption(" · ".join(parts))


def main() -> None:
    """Shows the page that the address names."""
    st.set_page_config(page_title="Footfall", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    try:
        serving = _serving()
    except NothingPublishedError as error:
        st.title("Footfall")
        st.info(str(error))
        return
    screens: dict[str, st.Page] = {}

    def screen(view: View) -> st.Page:
        def show() -> None:
            _banner(serving)
            view.show(StreamlitPage(serving, screens))

        is_first = view is VIEWS[0]
        return st.Page(
            show, title=view.title, icon=view.icon, url_path="start" if is_first else view.name, default=is_first
        )

    groups: dict[str, list] = {}
    for view in VIEWS:
        screens[view.name] = screen(view)
        groups.setdefault(view.group, []).append(screens[view.name])
    # The first page's address is the bare one; who names it gets there too.
    first = VIEWS[0]
    groups[first.group].append(
        st.Page(
            lambda: st.switch_page(screens[first.name], query_params=st.query_params.to_dict()),
            title=first.title,
            url_path=first.name,
            visibility="hidden",
        )
    )
    chosen = st.navigation(groups, expanded=True)
    _watch(serving)
    chosen.run()


if __name__ == "__main__":
    main()
