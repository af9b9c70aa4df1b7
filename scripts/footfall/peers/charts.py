"""Charts of the measured rows, written as SVG: seconds and memory against events, one small panel per question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from footfall.peers.bench import CONTENDERS, OK, REFERENCE, Row
from footfall.peers.questions import QUESTIONS

COLOURS = {
    REFERENCE: "#d9480f",
    "duckdb_sql": "#7a6a00",
    "polars_lazy": "#1971c2",
    "clickhouse": "#2b8a3e",
    "spark": "#862e9c",
    "pandas_frames": "#868e96",
}
COLUMNS = 3
PANEL_WIDTH, PANEL_HEIGHT = 300, 210
LEFT, TOP, GAP_X, GAP_Y, BOTTOM = 56, 96, 58, 62, 40
FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
CHARTS = {
    "peers_time.svg": ("Seconds to the answer", "wall"),
    "peers_memory.svg": ("Peak memory in GB", "peak"),
}


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Writes the charts of `rows` into `folder`; gives their paths, none when there is nothing to draw."""
    answered = [row for row in rows if row.outcome == OK]
    if not answered:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (title, column) in CHARTS.items():
        (folder / name).write_text(_chart(answered, title, column), encoding="utf-8")
        paths.append(folder / name)
    return paths


def _chart(rows: Sequence[Row], title: str, column: str) -> str:
    questions = [name for name in QUESTIONS if any(row.question == name for row in rows)]
    lines = math.ceil(len(questions) / COLUMNS)
    width = LEFT + COLUMNS * PANEL_WIDTH + (COLUMNS - 1) * GAP_X + 24
    height = TOP + lines * PANEL_HEIGHT + (lines - 1) * GAP_Y + BOTTOM
    xs = _decades([row.events for row in rows])
    ys = _decades([max(getattr(row, column), 0.01) for row in rows])
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' {FONT}>",
        "<rect width='100%' height='100%' fill='white'/>",
        _text(LEFT, 32, f"{title} against events, by question (both by powers of ten)", size=18, weight=600),
        _legend([name for name in CONTENDERS if any(row.contender == name for row in rows)]),
    ]
    for number, question in enumerate(questions):
        x = LEFT + number % COLUMNS * (PANEL_WIDTH + GAP_X)
        y = TOP + number // COLUMNS * (PANEL_HEIGHT + GAP_Y)
        of_question = [row for row in rows if row.question == question]
        parts.append(_panel(of_question, question, column, x, y, xs, ys))
    return "\n".join([*parts, "</svg>", ""])


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around the values, at least one apart."""
    low, high = math.floor(math.log10(min(values)) + 0.04), math.ceil(math.log10(max(values)) - 0.04)
    return low, max(high, low + 1)


def _panel(
    rows: Sequence[Row], question: str, column: str, x: float, y: float, xs: tuple[int, int], ys: tuple[int, int]
) -> str:
    def across(events: float) -> float:
        return x + 14 + (PANEL_WIDTH - 28) * (math.log10(events) - xs[0]) / (xs[1] - xs[0])

    def up(value: float) -> float:
        return y + PANEL_HEIGHT * (1 - (math.log10(max(value, 10 ** ys[0])) - ys[0]) / (ys[1] - ys[0]))

    parts = [_text(x, y - 10, question.replace("_", " "), size=13, weight=600)]
    for power in range(ys[0], ys[1] + 1):
        parts.append(_line(x, up(10**power), x + PANEL_WIDTH, up(10**power), "#e9ecef"))
        parts.append(_text(x - 6, up(10**power) + 4, f"{10**power:g}", anchor="end"))
    for power in range(xs[0], xs[1] + 1):
        parts.append(_line(across(10**power), y, across(10**power), y + PANEL_HEIGHT, "#f1f3f5"))
        parts.append(_text(across(10**power), y + PANEL_HEIGHT + 17, _count(10**power), anchor="middle"))
    # Footfall last, so that its line lies on top.
    for name in [*(name for name in CONTENDERS if name != REFERENCE), REFERENCE]:
        points = sorted((row.events, getattr(row, column)) for row in rows if row.contender == name)
        parts.append(_curve([(across(events), up(value)) for events, value in points], name))
    return "\n".join(parts)


def _curve(points: Sequence[tuple[float, float]], name: str) -> str:
    colour, width = COLOURS[name], 3 if name == REFERENCE else 1.6
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{width + 1:g}' fill='{colour}'/>" for x, y in points)
    return f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='{width}'/>{dots}"


def _legend(names: Sequence[str]) -> str:
    parts, x = [], float(LEFT)
    for name in names:
        title = CONTENDERS[name].title
        parts.append(f"<rect x='{x:g}' y='49' width='18' height='4' rx='2' fill='{COLOURS[name]}'/>")
        parts.append(_text(x + 25, 56, title, size=13, weight=600 if name == REFERENCE else 400))
        x += 52 + 7.6 * len(title)
    return "\n".join(parts)


def _count(events: int) -> str:
    return (
        f"{events // 1_000_000} M" if events >= 1_000_000 else f"{events // 1000} k" if events >= 1000 else str(events)
    )


def _text(x: float, y: float, text: str, size: int = 12, weight: int = 400, anchor: str = "start") -> str:
    colour = "#212529" if weight > 400 else "#495057"
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' font-weight='{weight}' fill='{colour}' "
        f"text-anchor='{anchor}'>{escape(text)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{colour}'/>"
