"""Engagement: how engaged customers are, what the score is made of, and what moved since the snapshot before."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from dashboard import figures, theme
from dashboard.formats import shown
from dashboard.page import Metric, Page

MART = "customer_engagement"
# A score that moved by less counts as unchanged.
LEAST_CHANGE = 0.01
# The smallest bubble, as a part of the largest.
LEAST_AREA = 0.002
PARTS = {
    "mean_recency_contribution_score": "recency",
    "mean_frequency_contribution_score": "frequency",
    "mean_monetary_contribution_score": "revenue",
}
PART_COLOURS = {"recency": theme.MAIN, "frequency": theme.SECOND, "revenue": theme.THIRD}
PART_LABELS = {column: f"From {name}" for column, name in PARTS.items()}
SEGMENT_ORDER = ["High", "Medium", "Low", "At Risk"]
MOVER_LABELS = {
    "previous_engagement_score": "Before",
    "engagement_score": "Now",
    "change_score": "Change",
    "mostly_by": "Mostly by",
    "engagement_segment": "Segment now",
}


def show(page: Page) -> None:
    """Mean score and parts, what the score is made of, visits against orders, and what moved."""
    page.title("Engagement", "How engaged customers are, what their score is made of, and what moved since last month.")
    segments = page.rows("engagement/segments")
    if not segments.height:
        page.empty("No customers yet: load orders, visits or a list of customers to see their engagement.")
        return
    with page.filters():
        names = {name: name for name in segments["engagement_segment"].drop_nulls()}
        segment = page.choose(
            "segment",
            "Customers in segment",
            {"all": "All customers", **names},
            help=page.define(MART, "engagement_segment"),
        )
    snapshots = page.rows("engagement/snapshots", segment=segment)
    summary = page.row("engagement/summary", segment=segment, least=LEAST_CHANGE)
    _metrics(page, summary, snapshots)
    _parts(page, segment)
    _visits_and_orders(page, segment)
    _moves(page, segment, summary, snapshots)


def _metrics(page: Page, summary: dict[str, object], snapshots: pl.DataFrame) -> None:
    before = snapshots.row(1, named=True) if snapshots.height > 1 else {}
    page.metrics(
        [
            Metric("Customers", summary["customer_count"], "count", before.get("customer_count"), good=""),
            Metric(
                "Mean score",
                summary["mean_score"],
                "score",
                before.get("mean_score"),
                help=page.define(MART, "engagement_score"),
            ),
            _part(page, summary, "Recency part", "recency"),
            _part(page, summary, "Frequency part", "frequency"),
            _part(page, summary, "Revenue part", "monetary"),
        ],
        note=f"Today, against {before['snapshot_on']:%d %b %Y}." if before else "",
    )


def _part(page: Page, summary: dict[str, object], label: str, part: str) -> Metric:
    gives = shown(summary[f"mean_{part}_contribution_score"], "score")
    return Metric(
        label,
        summary[f"mean_{part}_part_score"],
        "score",
        help=page.define(MART, f"{part}_part"),
        detail=f"mean, 0 to 1; weighted, it gives {gives} to the score",
    )


def _parts(page: Page, segment: str) -> None:
    page.section("What the score is made of", "Each part times its weight; the three add up to the score.")
    by_segment = page.rows("engagement/parts_by_segment")
    by_tenth = page.rows("engagement/parts_by_tenth", segment=segment)
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                _stacked(by_segment, "engagement_segment", horizontal=True),
                by_segment,
                "The mean customer, by segment",
                key="engagement_parts_by_segment",
                help=page.define(MART, "engagement_segment"),
                note="All customers, whatever is chosen above.",
                labels=PART_LABELS,
            )
        with right:
            figure = _stacked(by_tenth, "score_tenth", horizontal=False)
            figure.update_xaxes(title="tenths, highest scores first")
            page.chart(
                figure,
                by_tenth,
                "The mean customer, by tenth of the scores",
                key="engagement_parts_by_tenth",
                help=page.define(MART, "engagement_score"),
                note="Customers in the chosen segment; equal scores are in the same tenth, so one may be missing.",
                labels=PART_LABELS,
            )


def _stacked(rows: pl.DataFrame, by: str, horizontal: bool) -> go.Figure:
    long = rows.unpivot(PARTS, index=by, variable_name="part", value_name="given_score").with_columns(
        pl.col("part").replace_strict(PARTS, return_dtype=pl.String)
    )
    figure = figures.bars(
        long,
        by,
        "given_score",
        horizontal=horizontal,
        split="part",
        stacked=True,
        colours=PART_COLOURS,
        height=theme.HEIGHT,
    )
    return figure.update_layout(legend_traceorder="normal")


def _visits_and_orders(page: Page, segment: str) -> None:
    page.section("Visits and orders")
    rows = page.rows("engagement/visits_and_orders", segment=segment)
    if not rows["session_to_count"].max():
        page.empty(
            "No visits of these customers: the source has no events, or none that belong to a customer. "
            "Load an event log with a customer or a login to see visits against orders."
        )
        return
    page.chart(
        _bubbles(rows),
        rows,
        "Sessions and orders, sized by revenue",
        key="engagement_visits_and_orders",
        help=f"Sessions: {page.define('customer_360', 'session_count')} "
        f"Orders: {page.define('customer_360', 'order_count')}",
        note="Every customer counts: a bubble holds all who have as many sessions and orders. Its area is their revenue, "
        "its colour their mean score. The few with most sessions or orders share the last bubbles; the smallest have no revenue, or little.",
        labels={
            "session_from_count": "Sessions from",
            "session_to_count": "Sessions to",
            "order_from_count": "Orders from",
            "order_to_count": "Orders to",
        },
    )


def _bubbles(rows: pl.DataFrame) -> go.Figure:
    figure = figures.scatter(
        rows,
        "session_from_count",
        "order_from_count",
        size="revenue_amount",
        x_title="sessions",
        y_title="orders",
    )
    # Plotly leaves out points without an area: customers without revenue are to be seen too.
    areas = [float(amount or 0) for amount in rows["revenue_amount"]]
    largest = max(areas) or 1
    return figure.update_traces(
        hovertext=[_bubble_text(row) for row in rows.iter_rows(named=True)],
        hovertemplate="%{hovertext}<extra></extra>",
        marker={
            "size": [max(area, LEAST_AREA * largest) for area in areas],
            "color": [score or 0 for score in rows["mean_score"]],
            "colorscale": theme.SCALE,
            "cmin": 0,
            "cmax": 1,
            "opacity": 0.85,
            "showscale": True,
            "line": {"width": 0.6, "color": theme.MUTED},
            "colorbar": {
                "title": {"text": "mean score", "side": "right"},
                "thickness": 10,
                "tickformat": ".1f",
                "outlinewidth": 0,
            },
        },
    )


def _bubble_text(row: dict[str, object]) -> str:
    return (
        f"{_range(row['session_from_count'], row['session_to_count'])} sessions, "
        f"{_range(row['order_from_count'], row['order_to_count'])} orders<br>"
        f"{shown(row['customer_count'], 'count')} customers · revenue {shown(row['revenue_amount'], 'money')}<br>"
        f"mean score {shown(row['mean_score'], 'score')}"
    )


def _range(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def _moves(page: Page, segment: str, summary: dict[str, object], snapshots: pl.DataFrame) -> None:
    page.section("What moved")
    if snapshots.height < 2:
        page.empty("One snapshot only: what moved can be told when the data reaches over the end of a month.")
        return
    before = snapshots.row(1, named=True)["snapshot_on"]
    if not summary["known_before_count"]:
        page.empty(f"None of these customers was known on {before:%d %b %Y}, so there is nothing to compare with.")
        return
    _move_metrics(page, summary, f"{before:%d %b %Y}")
    with page.columns(1, 1) as (left, right):
        with left:
            _movements(page)
        with right:
            _change_parts(page, summary)
    with page.columns(1, 1) as (left, right):
        with left:
            _movers(page, segment, 1, "Risers", "engagement_risers")
        with right:
            _movers(page, segment, -1, "Fallers", "engagement_fallers")


def _move_metrics(page: Page, summary: dict[str, object], before: str) -> None:
    known, customers = summary["known_before_count"], summary["customer_count"]
    page.metrics(
        [
            Metric(
                "Mean change",
                summary["mean_change_score"],
                "score",
                help=page.define(MART, "engagement_score_change"),
                detail=f"of {shown(known, 'count')} known on both days",
            ),
            _moved("Up", summary["risen_count"], known),
            _moved("Down", summary["fallen_count"], known),
            _moved("Unchanged", summary["unchanged_count"], known),
            Metric("New since", customers - known, "count", detail="not in the comparison"),
        ],
        note=f"Since {before}. Up and down: by {LEAST_CHANGE} or more. Scores are relative, so others can move a "
        "customer's score too.",
    )


def _moved(label: str, count: int, known: int) -> Metric:
    return Metric(label, count, "count", detail=f"{shown(count / known, 'rate')} of those known on both days")


def _movements(page: Page) -> None:
    rows = page.rows("engagement/movements")
    found = set(rows["from_segment"]) | set(rows["to_segment"])
    to_order = [name for name in SEGMENT_ORDER if name in found]
    figure = figures.heat(
        rows,
        "to_segment",
        "from_segment",
        "customer_count",
        x_order=to_order,
        y_order=[*to_order, "New"] if "New" in found else to_order,
        x_title="segment now",
        y_title="segment before",
        height=theme.HEIGHT,
    )
    page.chart(
        figure,
        rows,
        "From which segment to which",
        key="engagement_movements",
        help=page.define("segment_transitions", "from_segment"),
        note="All customers, whatever is chosen above.",
        labels={"share_rate": "Share of the segment before"},
    )


def _change_parts(page: Page, summary: dict[str, object]) -> None:
    rows = pl.DataFrame(
        {
            "part": ["recency", "frequency", "revenue"],
            "mean_change_score": [
                summary["mean_recency_change_score"],
                summary["mean_frequency_change_score"],
                summary["mean_monetary_change_score"],
            ],
        },
        schema={"part": pl.String, "mean_change_score": pl.Float64},
    )
    figure = figures.bars(
        rows,
        "part",
        "mean_change_score",
        colours=PART_COLOURS,
        texts=[_signed(value) for value in rows["mean_change_score"]],
        height=theme.HEIGHT,
    )
    figure.update_yaxes(zeroline=True, zerolinecolor=theme.MUTED, tickformat="+.3f")
    page.chart(
        figure,
        rows,
        "What the mean change is made of",
        key="engagement_change_parts",
        help=page.define(MART, "recency_contribution_change"),
        note="Customers known on both days; the three add up to the mean change.",
    )


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.3f}".replace("-", "−")


def _movers(page: Page, segment: str, direction: int, title: str, key: str) -> None:
    rows = page.rows("engagement/movers", segment=segment, direction=direction, least=LEAST_CHANGE)
    if not rows.height:
        page.empty(f"{title}: nobody's score moved by {LEAST_CHANGE} or more this way.")
        return
    page.table(
        rows,
        title,
        key=key,
        help=page.define(MART, "engagement_score_change"),
        note="The 200 greatest moves at most, the greatest first.",
        mart=MART,
        labels=MOVER_LABELS,
        hidden=("email",),
        height=390,
    )
