"""The report: the same pages as one HTML file that works offline. `make report`, or `python dashboard/report.py --help`."""

from __future__ import annotations

import argparse
import base64
import gzip
import html
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [path for path in (str(PROJECT), str(PROJECT / "scripts")) if path not in sys.path]

import plotly.graph_objects as go
import polars as pl
from footfall.publish import serving_folder
from plotly.offline import get_plotlyjs

from dashboard import tables, theme
from dashboard.contents import VIEWS
from dashboard.page import PERIODS, Metric, Page, tests_told
from dashboard.queries import NothingPublishedError, Serving, open_current, shows_pii

FINE, NOT_WRITTEN = 0, 1
DEFAULT_REPORT = "data/report.html"
MOST_ROWS = 100
EXAMPLES = f"""\
examples:
  python dashboard/report.py                             {DEFAULT_REPORT}, from what is published
  python dashboard/report.py --out monday.html --period 30
  FOOTFALL_SHOW_PII=1 python dashboard/report.py         with names and emails

The file needs no network and no program but a browser: mail it.
"""


class HtmlPage(Page):
    """A page as HTML. Controls stand where `choices` say (key of the control -> its option), else at their defaults."""

    def __init__(self, serving: Serving, name: str, choices: Mapping[str, str] | None = None) -> None:
        super().__init__(serving)
        self._name = name
        self._choices = choices or {}
        self._parts: list[str] = []
        self._chosen: list[str] = []

    @property
    def html(self) -> str:
        """What was put on the page."""
        return "\n".join(self._parts)

    def title(self, title: str, lead: str) -> None:
        self._add(f'<h2 id="{self._name}">{_escaped(title)}</h2><p class=lead>{_escaped(lead)}</p>')

    def section(self, title: str, lead: str = "") -> None:
        self._add(f"<h3>{_escaped(title)}</h3>" + (f"<p class=lead>{_escaped(lead)}</p>" if lead else ""))

    @contextmanager
    def filters(self) -> Iterator[None]:
        self._chosen = []
        yield
        if self._chosen:
            self._add(f"<p class=chosen>{' · '.join(self._chosen)}</p>")

    def choose(
        self, key: str, label: str, options: Mapping[str, str], default: str | None = None, help: str = ""
    ) -> str:
        fallback = default if default in options else next(iter(options))
        value = self._choices.get(key, fallback)
        value = value if value in options else fallback
        # A file does not change: how often it is shown anew is no choice there.
        if key != "refresh":
            self._chosen.append(f"{_escaped(label)}: <b>{_escaped(options[value])}</b>")
        return value

    def type_in(self, key: str, label: str, placeholder: str = "") -> str:
        return self._choices.get(key, "")

    @contextmanager
    def columns(self, *weights: int) -> Iterator[list]:
        self._add(
            f'<div class=columns style="grid-template-columns: {" ".join(f"minmax(0, {w}fr)" for w in weights)}">'
        )
        yield [self._place() for _ in weights]
        self._add("</div>")

    @contextmanager
    def _place(self) -> Iterator[None]:
        self._add("<div>")
        yield
        self._add("</div>")

    def metrics(self, metrics: Sequence[Metric], note: str = "") -> None:
        tiles = "".join(self._tile(metric) for metric in metrics)
        self._add(f"<div class=tiles>{tiles}</div>" + (f"<p class=note>{_escaped(note)}</p>" if note else ""))

    def _tile(self, metric: Metric) -> str:
        change = metric.change
        rises = bool(change) and change.startswith("+")
        mood = "" if not change or not metric.good else "good" if rises == (metric.good == "up") else "bad"
        return (
            f'<div class=tile title="{_escaped(metric.help)}"><span>{_escaped(metric.label)}</span>'
            f"<b>{_escaped(metric.text)}</b>"
            + (f'<i class="{mood}">{"▲" if rises else "▼"} {_escaped(change)}</i>' if change else "")
            + (f"<small>{_escaped(metric.detail)}</small>" if metric.detail else "")
            + "</div>"
        )

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
        picture = _sized(figure).to_html(
            full_html=False,
            include_plotlyjs=False,
            div_id=f"chart_{key}",
            config={"displayModeBar": False, "responsive": True},
        )
        self._add(
            f'<figure aria-label="{_escaped(title)}"><figcaption>{_heading(title, help)}</figcaption>'
            + (f"<p class=note>{_escaped(note)}</p>" if note else "")
            + f"{picture}<details><summary>Numbers</summary>{self._table(rows, key, labels)}</details></figure>"
        )

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
        self._add(
            f"<section>{_heading(title, help)}"
            + (f"<p class=note>{_escaped(note)}</p>" if note else "")
            + self._table(rows, key, labels, hidden)
            + "</section>"
        )

    def _table(
        self, rows: pl.DataFrame, key: str, labels: Mapping[str, str] | None = None, hidden: Sequence[str] = ()
    ) -> str:
        # All rows, as the app's download has them: what is shown is cut.
        whole = base64.b64encode(gzip.compress(tables.csv(rows), mtime=0)).decode()
        counted = f"{rows.height:,} {'row' if rows.height == 1 else 'rows'}"
        button = f'<button data-name="{_escaped(key)}" data-csv="{whole}">CSV · {counted}</button>'
        return tables.as_html(rows, labels, hidden, MOST_ROWS) + button

    def note(self, text: str) -> None:
        self._add(f"<p class=note>{_escaped(text)}</p>")

    def empty(self, text: str) -> None:
        self._add(f"<p class=empty>{_escaped(text)}</p>")

    def warn(self, text: str) -> None:
        self._add(f'<p class="said warn">{_escaped(text)}</p>')

    def good(self, text: str) -> None:
        self._add(f'<p class="said good">{_escaped(text)}</p>')

    def link(self, text: str, view: str, **parameters: str) -> None:
        if any(one.name == view and one.is_reported for one in VIEWS):
            self._add(f'<p class=note><a href="#{view}">{_escaped(text)}</a></p>')

    def refreshing(self, seconds: int) -> None:
        """A file does not change."""

    def _add(self, part: str) -> None:
        self._parts.append(part)


def _sized(figure: go.Figure) -> go.Figure:
    return figure.update_layout(height=figure.layout.height or theme.HEIGHT)


def _heading(title: str, help_text: str) -> str:
    told = f' <span class=help title="{_escaped(help_text)}">ⓘ</span>' if help_text else ""
    return f"<h4>{_escaped(title)}{told}</h4>"


def _escaped(text: object) -> str:
    return html.escape(str(text))


STYLE = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ font: 15px/1.5 {theme.FONT}; color: {theme.INK}; margin: 0; background: #fff; }}
header, main {{ max-width: 1240px; margin: 0 auto; padding: 16px 24px; }}
nav {{ position: sticky; top: 0; background: #fff; border-bottom: 1px solid {theme.LINE}; z-index: 2; overflow-x: auto; }}
nav div {{ max-width: 1240px; margin: 0 auto; padding: 10px 24px; display: flex; gap: 18px; white-space: nowrap; }}
nav a {{ color: {theme.MAIN}; text-decoration: none; }} nav a:hover, nav a:focus {{ text-decoration: underline; }}
h1 {{ font-size: 26px; margin: 8px 0 0; }} h2 {{ font-size: 22px; margin: 56px 0 0; scroll-margin-top: 56px; }}
h3 {{ font-size: 18px; margin: 32px 0 0; }} h4 {{ font-size: 15px; margin: 18px 0 4px; }}
p {{ margin: 4px 0; }} .lead, .note, .chosen {{ color: {theme.MUTED}; font-size: 14px; }}
.help {{ color: {theme.MUTED}; cursor: help; font-weight: normal; }}
.columns {{ display: grid; gap: 32px; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 16px 0 8px; }}
.tile {{ border: 1px solid {theme.LINE}; border-radius: 8px; padding: 12px 14px; display: flex; flex-direction: column; }}
.tile span, .tile small {{ color: {theme.MUTED}; font-size: 13px; }} .tile b {{ font-size: 24px; font-variant-numeric: tabular-nums; }}
.tile i {{ font-style: normal; font-size: 13px; }} .good {{ color: {theme.GOOD}; }} .bad {{ color: {theme.BAD}; }}
.said, .empty {{ border: 1px solid {theme.LINE}; border-left: 4px solid {theme.MAIN}; border-radius: 6px; padding: 10px 14px; margin: 12px 0; color: {theme.INK}; }}
.said.warn {{ border-left-color: {theme.BAD}; }} .said.good {{ border-left-color: {theme.GOOD}; }}
figure {{ margin: 0; min-width: 0; }} .scroll {{ overflow: auto; max-height: 420px; border: 1px solid {theme.LINE}; border-radius: 6px; }}
table {{ border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 5px 10px; text-align: left; border-bottom: 1px solid {theme.LINE}; white-space: nowrap; max-width: 360px; overflow: hidden; text-overflow: ellipsis; }}
th {{ position: sticky; top: 0; background: #f5f7fa; font-weight: 600; }} .number {{ text-align: right; }}
summary {{ cursor: pointer; color: {theme.MAIN}; font-size: 13px; }}
button {{ margin: 6px 0; border: 1px solid {theme.LINE}; background: #fff; color: {theme.MAIN}; border-radius: 6px; padding: 3px 10px; cursor: pointer; font: inherit; font-size: 13px; }}
@media (max-width: 800px) {{ .columns {{ grid-template-columns: minmax(0, 1fr) !important; gap: 8px; }} header, main, nav div {{ padding-left: 14px; padding-right: 14px; }} }}
@media print {{ nav, button, summary {{ display: none; }} }}
"""
SCRIPT = """
document.addEventListener('click', async event => {
  const button = event.target.closest('button[data-csv]');
  if (!button) return;
  const packed = Uint8Array.from(atob(button.dataset.csv), sign => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([await new Response(stream).arrayBuffer()], {type: 'text/csv'}));
  link.download = button.dataset.name + '.csv';
  link.click();
});
document.addEventListener('toggle', () => window.dispatchEvent(new Event('resize')), true);
"""


def report(
    serving: Serving, choices: Mapping[str, str] | None = None, say: Callable[[str], None] = lambda title: None
) -> str:
    """The whole report as HTML. `choices`: of the controls, as in an address; `say` is told each page's title as it begins."""
    pages = []
    reported = [view for view in VIEWS if view.is_reported]
    for view in reported:
        say(view.title)
        page = HtmlPage(serving, view.name, choices)
        view.show(page)
        pages.append(page.html)
    told = serving.publication
    as_of = f"{told.as_of_date:%d %b %Y}".lstrip("0") if told.as_of_date else "no date"
    tests = (
        f"<p class='said warn'>{told.failed_test_count} of {told.test_count} tests failed on this data.</p>"
        if told.failed_test_count
        else ""
    )
    menu = "".join(f'<a href="#{view.name}">{_escaped(view.title)}</a>' for view in reported)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Footfall, {_escaped(as_of)}</title><style>{STYLE}</style><script>{get_plotlyjs()}</script></head>
<body><nav aria-label="Pages"><div>{menu}</div></nav>
<header><h1>Footfall</h1><p class=lead>Data as of <b>{_escaped(as_of)}</b> · source {_escaped(told.source_system)} ·
version {_escaped(told.version)} · {_escaped(tests_told(told))}{
        " · names and emails are shown" if shows_pii() else ""
    }</p>{tests}</header>
<main>{"".join(f"<section>{one}</section>" for one in pages)}</main><script>{SCRIPT}</script></body></html>
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: writes the report, says where, returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="report.py",
        description="Write the dashboard's pages as one HTML file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path(DEFAULT_REPORT), help=f"the file ({DEFAULT_REPORT})")
    parser.add_argument("--period", choices=list(PERIODS), help="days up to the as-of date (each page's own)")
    chosen = parser.parse_args(arguments)
    out = chosen.out
    began = time.monotonic()
    try:
        text = report(
            open_current(serving_folder()),
            {"period": chosen.period} if chosen.period else {},
            _say if sys.stderr.isatty() else lambda title: None,
        )
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.with_name(f".{out.name}.partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(out)
    except NothingPublishedError as error:
        print(f"report.py: {error}", file=sys.stderr)
        return NOT_WRITTEN
    except OSError as error:
        print(f"report.py: {out}: cannot be written ({error}). Fix: name another file with --out.", file=sys.stderr)
        return NOT_WRITTEN
    finally:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s. Open it in a browser.")
    return FINE


def _say(title: str) -> None:
    print(f"\r\033[K    {title}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
