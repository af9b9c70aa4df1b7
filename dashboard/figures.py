"""The figures that pages are made of. Each takes a frame as a query gives it and column names; texts from the data are escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import date

import plotly.graph_objects as go
import polars as pl

from dashboard import theme
from dashboard.formats import AXES, HOVERS, kind, label, shown

LONGEST_NAME = 42


def safe(text: object, longest: int = LONGEST_NAME) -> str:
    """A value of the data as text that Plotly takes for nothing else, cut to `longest` characters."""
    said = "none" if text is None or text == "" else str(text)
    return html.escape(said if len(said) <= longest else f"{said[: longest - 1]}…")


def line(
    rows: pl.DataFrame,
    x: str,
    y: str | Sequence[str],
    *,
    split: str | None = None,
    names: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    low: str | None = None,
    high: str | None = None,
    of: str | None = None,
    filled: bool = False,
    stacked: bool = False,
    incomplete: tuple[date, date] | None = None,
    zero: bool = True,
) -> go.Figure:
    """Lines over time: a line per column of `y`, or per value of `split` (one `y`), with a band from `low` to `high`.

    `incomplete`: first and last moment of what is not over yet, shaded. `zero`: the axis begins at 0.
    """
    columns = [y] if isinstance(y, str) else list(y)
    of = of or kind(columns[0], rows.schema.get(columns[0]))
    figure = go.Figure()
    if low and high:
        band = rows.drop_nulls([low, high])
        figure.add_trace(
            go.Scatter(
                x=[*band[x], *reversed(band[x].to_list())],
                y=[*_floats(band, high), *reversed(_floats(band, low))],
                mode="lines",
                fill="toself",
                fillcolor="rgba(36, 86, 201, 0.15)",
                line={"width": 0},
                name="95 % interval",
                hoverinfo="skip",
            )
        )
    series = (
        [(str(value), columns[0], part) for (value,), part in rows.group_by(split, maintain_order=True)]
        if split
        else [(column, column, rows) for column in columns]
    )
    for number, (key, column, part) in enumerate(series):
        name = (names or {}).get(key, key if split else label(key))
        colour = (colours or {}).get(key, theme.SERIES[number % len(theme.SERIES)])
        figure.add_trace(
            go.Scatter(
                x=part[x],
                y=_floats(part, column),
                name=safe(name),
                mode="lines+markers" if part.height <= 40 else "lines",
                line={"color": colour, "width": 2},
                marker={"size": 5},
                fill=("tonexty" if number else "tozeroy") if filled and not stacked else None,
                stackgroup="all" if stacked else None,
                hovertemplate=f"%{{x|%d %b %Y}}<br>{safe(name)}: %{{y:{HOVERS.get(of, ',')}}}<extra></extra>",
            )
        )
    figure.update_layout(showlegend=len(figure.data) > 1, hovermode="x unified" if len(series) > 1 else "closest")
    if len(series) > 1:
        for trace in figure.data:
            trace.hovertemplate = trace.hovertemplate and trace.hovertemplate.replace("%{x|%d %b %Y}<br>", "")
    figure.update_yaxes(tickformat=AXES.get(of), rangemode="tozero" if zero else "normal")
    if incomplete:
        shade(figure, *incomplete)
    return figure


def shade(figure: go.Figure, first: object, last: object, text: str = "not over yet") -> go.Figure:
    """Marks a stretch of time as incomplete, or as one to look at."""
    figure.add_vrect(
        x0=first,
        x1=last,
        fillcolor=theme.SHADE,
        line_width=0,
        layer="below",
        annotation_text=text,
        annotation_position="top right",
        annotation_font_size=11,
        annotation_font_color=theme.MUTED,
    )
    return figure


def shade_incomplete(figure: go.Figure, rows: pl.DataFrame, begins: str) -> go.Figure:
    """Shades the ends of a line over periods (first days in `begins`, with `is_complete`) that the data does not cover whole."""
    days, complete = rows[begins].to_list(), rows["is_complete"].to_list()
    if len(days) > 1 and not complete[-1]:
        shade(figure, days[-2], days[-1])
    if len(days) > 1 and not complete[0]:
        shade(figure, days[0], days[1], "began within")
    return figure


def bars(
    rows: pl.DataFrame,
    x: str,
    y: str,
    *,
    horizontal: bool = False,
    low: str | None = None,
    high: str | None = None,
    split: str | None = None,
    colours: Mapping[str, str] | Sequence[str] | None = None,
    of: str | None = None,
    texts: Sequence[str] | None = None,
    keys: str | None = None,
    stacked: bool = False,
    height: int | None = None,
) -> go.Figure:
    """Bars of `y` per `x`, in the order of the rows (the first on top when horizontal); whiskers from `low` to `high`.

    `colours`: by value of `x` (or of `split`), or one per row. `keys`: the column whose value a click on a bar picks.
    """
    of = of or kind(y, rows.schema.get(y))
    figure = go.Figure()
    parts = rows.group_by(split, maintain_order=True) if split else [((None,), rows)]
    for number, ((value,), part) in enumerate(parts):
        names = [_axis_value(text) for text in part[x]]
        values = _floats(part, y)
        whiskers = None
        if low and high:
            ends = zip(values, _floats(part, low), _floats(part, high), strict=True)
            spans = [(0, 0) if None in three else (three[0] - three[1], three[2] - three[0]) for three in ends]
            whiskers = {
                "type": "data",
                "symmetric": False,
                "arrayminus": [max(0, below) for below, _ in spans],
                "array": [max(0, above) for _, above in spans],
                "color": theme.MUTED,
                "thickness": 1.2,
                "width": 4,
            }
        colour = _bar_colour(colours, split, value, part[x].to_list(), number)
        figure.add_trace(
            go.Bar(
                x=values if horizontal else names,
                y=names if horizontal else values,
                orientation="h" if horizontal else "v",
                name=safe(value) if split else label(y),
                marker={"color": colour},
                error_x=whiskers if horizontal else None,
                error_y=None if horizontal else whiskers,
                text=list(texts) if texts is not None and not split else None,
                textposition="auto",
                cliponaxis=False,
                customdata=part[keys].cast(pl.String).to_list() if keys else None,
                hovertemplate=("%{y}: %{x" if horizontal else "%{x}: %{y")
                + f":{HOVERS.get(of, ',')}}}"
                + (f" ({safe(value)})" if split else "")
                + "<extra></extra>",
            )
        )
    figure.update_layout(barmode="stack" if stacked else "group", showlegend=bool(split))
    values_axis, names_axis = (
        (figure.update_xaxes, figure.update_yaxes) if horizontal else (figure.update_yaxes, figure.update_xaxes)
    )
    values_axis(tickformat=AXES.get(of), rangemode="tozero")
    if not rows.schema[x].is_temporal():
        names_axis(type="category")
    if horizontal:
        names_axis(autorange="reversed")
    figure.update_layout(height=height or (max(160, 34 * rows[x].n_unique() + 70) if horizontal else theme.HEIGHT))
    return figure


def dots(
    rows: pl.DataFrame,
    name: str,
    value: str,
    low: str,
    high: str,
    *,
    split: str | None = None,
    colours: Mapping[str, str] | Sequence[str] | None = None,
    of: str | None = None,
    level: float | None = None,
    height: int | None = None,
) -> go.Figure:
    """A point of `value` per `name`, in the order of the rows from the top down, with whiskers from `low` to `high` where both are known.

    `colours`: by value of `split`, or one per row. `level`: where to draw a dotted line.
    """
    of = of or kind(value, rows.schema.get(value))
    figure = go.Figure()
    parts = rows.group_by(split, maintain_order=True) if split else [((None,), rows)]
    for number, ((group,), part) in enumerate(parts):
        values = _floats(part, value)
        ends = list(zip(values, _floats(part, low), _floats(part, high), strict=True))
        colour = _bar_colour(colours, split, group, part[name].to_list(), number)
        figure.add_trace(
            go.Scatter(
                x=values,
                y=[safe(text) for text in part[name]],
                mode="markers",
                name=safe(group) if split else label(value),
                marker={"color": colour, "size": 11},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "arrayminus": [0 if None in three else max(0, three[0] - three[1]) for three in ends],
                    "array": [0 if None in three else max(0, three[2] - three[0]) for three in ends],
                    "color": colour if isinstance(colour, str) else theme.MUTED,
                    "thickness": 1.6,
                    "width": 5,
                },
                customdata=[
                    "" if None in three else f", {shown(three[1], of)} to {shown(three[2], of)}" for three in ends
                ],
                hovertemplate="%{y}: %{x"
                + f":{HOVERS.get(of, ',')}}}%{{customdata}}"
                + (f" ({safe(group)})" if split else "")
                + "<extra></extra>",
            )
        )
    if level is not None:
        figure.add_vline(x=level, line={"color": theme.MUTED, "width": 1, "dash": "dot"})
    figure.update_xaxes(tickformat=AXES.get(of))
    figure.update_yaxes(type="category", autorange="reversed")
    figure.update_layout(showlegend=bool(split), height=height or max(170, 44 * rows[name].n_unique() + 80))
    return figure


def donut(rows: pl.DataFrame, names: str, values: str, colours: Mapping[str, str] | None = None) -> go.Figure:
    """Shares of a whole, in the order of the rows, with the total in the middle."""
    texts = rows[names].to_list()
    figure = go.Figure(
        go.Pie(
            labels=[safe(text) for text in texts],
            values=_floats(rows, values),
            hole=0.62,
            sort=False,
            direction="clockwise",
            marker={
                "colors": [(colours or {}).get(t, theme.SERIES[n % len(theme.SERIES)]) for n, t in enumerate(texts)],
                "line": {"color": theme.PAPER, "width": 2},
            },
            textinfo="percent",
            textposition="outside",
            hovertemplate="%{label}: %{value:,.0f} (%{percent})<extra></extra>",
        )
    )
    total = sum(value or 0 for value in _floats(rows, values))
    figure.add_annotation(text=f"<b>{shown(total, 'count')}</b>", showarrow=False, font_size=20)
    figure.update_layout(margin={"t": 24, "b": 24, "l": 24, "r": 24})
    return figure


def histogram(rows: pl.DataFrame, start: str, end: str, count: str, of: str = "number") -> go.Figure:
    """Bars over ranges that the query made: from `start` to `end` (numbers), `count` in each."""
    starts, ends = _floats(rows, start), _floats(rows, end)
    figure = go.Figure(
        go.Bar(
            x=[(a + b) / 2 for a, b in zip(starts, ends, strict=True)],
            width=[(b - a) * 0.96 for a, b in zip(starts, ends, strict=True)],
            y=rows[count],
            customdata=[f"{shown(a, of)} to {shown(b, of)}" for a, b in zip(starts, ends, strict=True)],
            marker={"color": theme.MAIN},
            hovertemplate="%{customdata}: %{y:,}<extra></extra>",
        )
    )
    figure.update_xaxes(tickformat=AXES.get(of))
    figure.update_yaxes(tickformat=AXES["count"], rangemode="tozero")
    return figure


def heat(
    rows: pl.DataFrame,
    x: str,
    y: str,
    value: str,
    *,
    of: str | None = None,
    x_order: Sequence[object] | None = None,
    y_order: Sequence[object] | None = None,
    x_title: str | None = None,
    y_title: str | None = None,
    with_numbers: bool = True,
    diverging: bool = False,
    height: int | None = None,
) -> go.Figure:
    """A matrix of `value` by `x` and `y`; a pair that the rows do not have stays empty. `diverging`: around 0."""
    of = of or kind(value, rows.schema.get(value))
    columns = list(x_order) if x_order is not None else rows[x].unique().sort().to_list()
    lines = list(y_order) if y_order is not None else rows[y].unique().sort().to_list()
    found = {(row[x], row[y]): row[value] for row in rows.iter_rows(named=True)}
    cells = [[_float(found.get((column, one))) for column in columns] for one in lines]
    written = with_numbers and len(columns) <= 16
    figure = go.Figure(
        go.Heatmap(
            x=[_axis_value(column) for column in columns],
            y=[_axis_value(one) for one in lines],
            z=cells,
            text=[[shown(cell, of) if cell is not None else "" for cell in one] for one in cells],
            texttemplate="%{text}" if written else None,
            colorscale=[[0, theme.BAD], [0.5, theme.PAPER], [1, theme.MAIN]] if diverging else theme.SCALE,
            zmid=0 if diverging else None,
            showscale=not written,
            colorbar={"thickness": 10, "tickformat": AXES.get(of), "outlinewidth": 0},
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate="%{y} · %{x}: %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title=x_title, showgrid=False, type="category")
    figure.update_yaxes(title=y_title, showgrid=False, autorange="reversed", type="category")
    figure.update_layout(height=height or max(220, 30 * len(lines) + 90))
    return figure


def scatter(
    rows: pl.DataFrame,
    x: str,
    y: str,
    *,
    size: str | None = None,
    split: str | None = None,
    colours: Mapping[str, str] | None = None,
    hover: str | None = None,
    keys: str | None = None,
    texts: str | None = None,
    x_title: str | None = None,
    y_title: str | None = None,
) -> go.Figure:
    """Points at `x`, `y`, their area by `size`; `hover`: a column of text, `keys`: what a click picks."""
    figure = go.Figure()
    largest = max((value or 0 for value in _floats(rows, size)), default=0) if size else 0
    parts = rows.group_by(split, maintain_order=True) if split else [((None,), rows)]
    for number, ((value,), part) in enumerate(parts):
        figure.add_trace(
            go.Scatter(
                x=_floats(part, x),
                y=_floats(part, y),
                mode="markers+text" if texts else "markers",
                text=[safe(text, 24) for text in part[texts]] if texts else None,
                textposition="top center",
                name=safe(value) if split else "",
                marker={
                    "color": (colours or {}).get(value, theme.SERIES[number % len(theme.SERIES)]),
                    "opacity": 0.7,
                    "size": [max(v or 0, 0) for v in _floats(part, size)] if size else 8,
                    "sizemode": "area",
                    "sizeref": (2 * largest / 34**2) if largest > 0 else 1,
                    "sizemin": 4,
                    "line": {"width": 0.5, "color": theme.PAPER},
                },
                customdata=part[keys].cast(pl.String).to_list() if keys else None,
                hovertext=[safe(text, 80) for text in part[hover]] if hover else None,
                hovertemplate=("%{hovertext}<br>" if hover else "")
                + f"{x_title or label(x)}: %{{x:{HOVERS.get(kind(x, rows.schema.get(x)), ',')}}}<br>"
                + f"{y_title or label(y)}: %{{y:{HOVERS.get(kind(y, rows.schema.get(y)), ',')}}}<extra></extra>",
            )
        )
    figure.update_xaxes(title=x_title or label(x), tickformat=AXES.get(kind(x, rows.schema.get(x))))
    figure.update_yaxes(title=y_title or label(y), tickformat=AXES.get(kind(y, rows.schema.get(y))))
    figure.update_layout(showlegend=bool(split), height=380)
    return figure


def sankey(
    rows: pl.DataFrame, source: str, target: str, value: str, colours: Mapping[str, str] | None = None
) -> go.Figure:
    """Flows from `source` to `target`. Values of the two columns are different nodes, also when they are equal."""
    lefts = list(dict.fromkeys(rows[source].to_list()))
    rights = list(dict.fromkeys(rows[target].to_list()))
    return flows(
        [(("from", a), ("to", b), v) for a, b, v in zip(rows[source], rows[target], rows[value], strict=True)],
        [("from", name) for name in lefts] + [("to", name) for name in rights],
        colours,
    )


def flows(
    links: Sequence[tuple[tuple, tuple, float]], nodes: Sequence[tuple], colours: Mapping[str, str] | None = None
) -> go.Figure:
    """Flows between nodes (column of the picture, name), in the order of `nodes`."""
    place = {node: number for number, node in enumerate(nodes)}
    shade_of = [
        (colours or {}).get(name, theme.SERIES[number % len(theme.SERIES)]) for number, (_, name) in enumerate(nodes)
    ]
    figure = go.Figure(
        go.Sankey(
            node={
                "label": [safe(name) for _, name in nodes],
                "color": shade_of,
                "pad": 14,
                "thickness": 14,
                "line": {"width": 0},
                "hovertemplate": "%{label}: %{value:,.0f}<extra></extra>",
            },
            link={
                "source": [place[source] for source, _, _ in links],
                "target": [place[target] for _, target, _ in links],
                "value": [float(value) for _, _, value in links],
                "color": "rgba(91, 100, 114, 0.22)",
                "hovertemplate": "%{source.label} → %{target.label}: %{value:,.0f}<extra></extra>",
            },
        )
    )
    figure.update_layout(height=420, font={"size": 12})
    return figure


def funnel(rows: pl.DataFrame, step: str, reached: str, rate: str, keys: str | None = None) -> go.Figure:
    """Steps from the top down: how many reached each, and which share of those who entered."""
    counts = _floats(rows, reached)
    texts = [
        f"{shown(count, 'count')} · {shown(share, 'rate')}" for count, share in zip(counts, rows[rate], strict=True)
    ]
    names = [safe(str(name).replace("_", " ")) for name in rows[step]]
    figure = go.Figure(
        go.Bar(
            x=counts,
            y=names,
            orientation="h",
            text=texts,
            textposition="auto",
            marker={"color": theme.MAIN},
            customdata=rows[keys].cast(pl.String).to_list() if keys else None,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(tickformat=AXES["count"], rangemode="tozero")
    figure.update_layout(height=max(200, 52 * rows.height + 50))
    return figure


def moments(
    rows: pl.DataFrame, at: str, lane: str, *, hover: str | None = None, colours: Mapping[str, str] | None = None
) -> go.Figure:
    """What happened when: a point per row at the time `at`, a lane per value of `lane`; `hover`: a column of text."""
    figure = go.Figure()
    for number, ((value,), part) in enumerate(rows.group_by(lane, maintain_order=True)):
        figure.add_trace(
            go.Scatter(
                x=part[at],
                y=[safe(value)] * part.height,
                mode="markers",
                marker={
                    "color": (colours or {}).get(value, theme.SERIES[number % len(theme.SERIES)]),
                    "size": 10,
                    "opacity": 0.65,
                    "line": {"width": 0.5, "color": theme.PAPER},
                },
                hovertext=[safe(text, 80) for text in part[hover]] if hover else None,
                hovertemplate="%{x|%d %b %Y %H:%M}" + ("<br>%{hovertext}" if hover else "") + "<extra></extra>",
            )
        )
    figure.update_yaxes(type="category", autorange="reversed")
    figure.update_layout(showlegend=False, height=max(160, 44 * rows[lane].n_unique() + 60))
    return figure


def _bar_colour(
    colours: Mapping[str, str] | Sequence[str] | None, split: str | None, value: object, names: list, number: int
) -> object:
    if colours is None:
        return theme.SERIES[number % len(theme.SERIES)]
    if isinstance(colours, Mapping):
        return colours.get(value, theme.MAIN) if split else [colours.get(name, theme.MAIN) for name in names]
    return list(colours)


def _axis_value(value: object) -> object:
    return safe(value) if isinstance(value, str) or value is None else value


def _floats(rows: pl.DataFrame, column: str) -> list[float | None]:
    return rows[column].cast(pl.Float64).to_list()


def _float(value: object) -> float | None:
    return None if value is None else float(value)
