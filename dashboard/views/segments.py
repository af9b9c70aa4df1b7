"""Segments: the value matrix, RFM, who is in which segment, and who moved from one to another."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go
import polars as pl

from dashboard import figures, theme
from dashboard.formats import shown
from dashboard.page import Page

MEASURES = {"customer_count": "Customers", "revenue_amount": "Revenue", "mean_revenue_amount": "Revenue per customer"}
# A mean of fewer customers is left out.
ENOUGH = 30
LISTED = 1_000
SHARES = {"customer_share_rate": "share of customers", "revenue_share_rate": "share of revenue"}
SHARE_COLOURS = {"share of customers": theme.BEFORE, "share of revenue": theme.MAIN}
ENGAGEMENTS = {False: "lower engagement", True: "high engagement"}
REVENUES = {True: "high revenue", False: "lower revenue"}
CELLS = {
    (True, True): "VIP",
    (True, False): "Converter-to-be",
    (False, True): "At-risk VIP",
    (False, False): "Dormant",
}
SCORES = [1, 2, 3, 4, 5]
SCHEMES = {"value": "Value matrix", "engagement": "Engagement", "rfm": "RFM"}
MOVES = {"moved": "Only those who changed", "all": "Everybody"}


def show(page: Page) -> None:
    """The matrix, RFM, the customers behind them, and transitions."""
    page.title("Segments", "Which customers are alike, what they are worth, and who moved from one segment to another.")
    matrix = page.rows("segments/matrix")
    if not matrix.height:
        page.empty("No customers yet: load orders, visits or a list of customers to see segments.")
        return
    with page.filters():
        measure = page.choose("show", "Heat maps and bars show", MEASURES)
    _matrix(page, matrix, measure)
    _rfm(page, measure)
    _customers(page, matrix)
    _transitions(page)


def _matrix(page: Page, matrix: pl.DataFrame, measure: str) -> None:
    page.section("Value matrix", "Engagement against revenue: whom to keep, to convert, to win back.")
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                _matrix_figure(matrix, measure),
                matrix,
                "Engagement and revenue",
                key="segments_matrix",
                help=f"{page.define('customer_segments', 'value_segment')} "
                f"High engagement: {page.define('customer_segments', 'is_engaged')} "
                f"High revenue: {page.define('customer_segments', 'is_high_value')}",
                note=_thresholds(page, matrix),
            )
        with right:
            shares = matrix.unpivot(
                SHARES, index="value_segment", variable_name="share_of", value_name="share_rate"
            ).with_columns(pl.col("share_of").replace_strict(SHARES, return_dtype=pl.String))
            page.chart(
                figures.bars(
                    shares,
                    "value_segment",
                    "share_rate",
                    horizontal=True,
                    split="share_of",
                    colours=SHARE_COLOURS,
                    keys="value_segment",
                    height=theme.HEIGHT,
                ),
                matrix.select("value_segment", "customer_count", *SHARES, "revenue_amount"),
                "Share of customers and of revenue",
                key="segments_value_shares",
                help=page.define("customer_segments", "segment_revenue_share_rate"),
                note="Click a bar to list its customers below.",
                picks="value",
            )


def _thresholds(page: Page, matrix: pl.DataFrame) -> str:
    threshold = page.row("segments/threshold")["high_value_threshold_amount"]
    lowest = matrix.filter(pl.col("is_engaged"))["lowest_score"].min()
    revenue = (
        "Nobody has revenue yet."
        if threshold is None
        else f"High revenue is more than {shown(threshold, 'money')} in a lifetime."
    )
    engagement = (
        "Nobody's engagement is high."
        if lowest is None
        else f"The lowest score with high engagement is {shown(lowest, 'score')}."
    )
    return f"{revenue} {engagement}"


def _matrix_figure(matrix: pl.DataFrame, measure: str) -> go.Figure:
    rows = matrix.with_columns(
        pl.col("is_engaged").replace_strict(ENGAGEMENTS, return_dtype=pl.String, default=None).alias("engagement"),
        pl.col("is_high_value").replace_strict(REVENUES, return_dtype=pl.String, default=None).alias("revenue"),
    )
    figure = figures.heat(
        rows,
        "engagement",
        "revenue",
        measure,
        x_order=list(ENGAGEMENTS.values()),
        y_order=list(REVENUES.values()),
        height=theme.HEIGHT,
    )
    found = {(row["is_engaged"], row["is_high_value"]): row for row in matrix.iter_rows(named=True)}
    texts = [[_cell_text(found.get((x, y)), CELLS[x, y]) for x in ENGAGEMENTS] for y in REVENUES]
    figure.update_traces(text=texts, hovertemplate="%{text}<extra></extra>", zmin=0)
    return figure.update_yaxes(tickangle=-90)


def _cell_text(row: dict[str, object] | None, name: str) -> str:
    if row is None:
        return f"<b>{name}</b><br>nobody"
    return (
        f"<b>{figures.safe(row['value_segment'])}</b><br>"
        f"{shown(row['customer_count'], 'count')} customers<br>({shown(row['customer_share_rate'], 'rate')})<br>"
        f"revenue {shown(row['revenue_amount'], 'money')}<br>({shown(row['revenue_share_rate'], 'rate')})"
    )


def _rfm(page: Page, measure: str) -> None:
    page.section("RFM", "Recency, frequency and monetary value of the orders, scored 1 to 5; 5 is best.")
    scores = page.rows("segments/rfm_scores")
    with page.columns(1, 1) as (left, right):
        with left:
            if scores.height:
                _rfm_scores(page, scores, measure)
            else:
                page.empty("Nobody has ordered yet: RFM scores need orders that count as sales.")
        with right:
            _rfm_segments(page, measure)


def _rfm_scores(page: Page, scores: pl.DataFrame, measure: str) -> None:
    kept, note = _enough(scores, measure)
    if not kept.height:
        page.empty(f"No cell has {ENOUGH} customers or more, too few for a mean. Choose customers or revenue.")
        return
    page.chart(
        figures.heat(
            kept,
            "frequency_score",
            "recency_score",
            measure,
            x_order=SCORES,
            y_order=SCORES[::-1],
            x_title="frequency score: 5 orders most often",
            y_title="recency score: 5 ordered last",
            height=400,
        ),
        kept,
        f"{MEASURES[measure]} by recency and frequency",
        key="segments_rfm_scores",
        help=f"Recency: {page.define('customer_rfm', 'recency_score')} "
        f"Frequency: {page.define('customer_rfm', 'frequency_score')}",
        note=f"Customers who ordered; equal ones share the lower score, so a column or row can stay empty. {note}",
    )


def _rfm_segments(page: Page, measure: str) -> None:
    kept, note = _enough(page.rows("segments/rfm_segments"), measure)
    if not kept.height:
        page.empty(f"No segment has {ENOUGH} customers or more, too few for a mean. Choose customers or revenue.")
        return
    rows = kept.sort(measure, "rfm_segment", descending=[True, False], nulls_last=True)
    of = "count" if measure == "customer_count" else "money"
    page.chart(
        figures.bars(
            rows,
            "rfm_segment",
            measure,
            horizontal=True,
            colours=theme.SEGMENTS,
            texts=[shown(value, of) for value in rows[measure]],
            keys="rfm_segment",
            height=400,
        ),
        rows,
        f"{MEASURES[measure]} by RFM segment",
        key="segments_rfm_segments",
        help=page.define("customer_rfm", "rfm_segment"),
        note=f"Click a bar to list its customers below. {note}",
        picks="rfm",
    )


def _enough(rows: pl.DataFrame, measure: str) -> tuple[pl.DataFrame, str]:
    """The rows to show, and what was left out: means of few customers."""
    if measure != "mean_revenue_amount":
        return rows, ""
    kept = rows.filter(pl.col("customer_count") >= ENOUGH)
    return kept, f"Means of fewer than {ENOUGH} customers are left out." if kept.height < rows.height else ""


def _customers(page: Page, matrix: pl.DataFrame) -> None:
    page.section("Customers")
    rfm = page.rows("segments/rfm_segments")["rfm_segment"].drop_nulls()
    engagement = page.rows("segments/engagement_segments")["engagement_segment"].drop_nulls()
    with page.filters():
        value = page.choose("value", "Value segment", _options(matrix["value_segment"].drop_nulls()))
        rfm_segment = page.choose("rfm", "RFM segment", _options(rfm))
        engagement_segment = page.choose("engagement", "Engagement segment", _options(engagement))
    chosen = {"value": value, "rfm": rfm_segment, "engagement": engagement_segment}
    total = page.row("segments/chosen", **chosen)
    if not total["customer_count"]:
        page.empty("No customer is in all of the chosen segments: set one of them to All.")
        return
    count = int(total["customer_count"])
    first = f" The list and its download hold the first {LISTED:,}." if count > LISTED else ""
    page.table(
        page.rows("segments/customers", **chosen),
        "Customers in these segments",
        key="segments_customers",
        note=f"{count:,} customers, revenue {shown(total['revenue_amount'], 'money')}; the highest revenue first.{first}",
        mart="customer_360",
        height=420,
    )


def _options(names: pl.Series) -> dict[str, str]:
    return {"all": "All", **{name: name for name in names}}


def _transitions(page: Page) -> None:
    page.section("Transitions", "Who moved from which segment to which, from one snapshot to the next.")
    snapshots = page.rows("segments/snapshots")
    if not snapshots.height:
        page.empty("One snapshot only: transitions can be told when the data reaches over the end of a month.")
        return
    spans = {
        row["snapshot_on"].isoformat(): f"{row['previous_snapshot_on']:%d %b %Y} to {row['snapshot_on']:%d %b %Y}"
        for row in snapshots.iter_rows(named=True)
    }
    days = {key: span.partition(" to ")[2] for key, span in spans.items()}
    with page.filters():
        scheme = page.choose("scheme", "Segments", SCHEMES)
        snapshot = page.choose("snapshot", "At", days)
        moves = page.choose("moves", "Customers", MOVES)
    rows = page.rows("segments/transitions", scheme=scheme, snapshot=date.fromisoformat(snapshot))
    stayed = pl.col("from_segment") == pl.col("to_segment")
    kept = rows if moves == "all" else rows.filter(~stayed)
    if not kept.height:
        page.empty("Nobody changed the segment between these two days, and nobody is new.")
        return
    page.chart(
        figures.sankey(
            kept,
            "from_segment",
            "to_segment",
            "customer_count",
            theme.SEGMENTS,
        ),
        kept,
        f"{SCHEMES[scheme]}: {spans[snapshot]}",
        key="segments_transitions",
        help=page.define("segment_transitions", "from_segment"),
        note=_moved_text(rows),
        labels={"share_rate": "Share of the segment before"},
    )


def _moved_text(rows: pl.DataFrame) -> str:
    fresh = rows.filter(pl.col("from_segment") == "New")["customer_count"].sum()
    known = rows.filter(pl.col("from_segment") != "New")
    moved = known.filter(pl.col("from_segment") != pl.col("to_segment"))["customer_count"].sum()
    total = known["customer_count"].sum()
    share = f" ({shown(moved / total, 'rate')})" if total else ""
    return f"{moved:,} of {total:,} known customers{share} changed their segment; {fresh:,} are new. Left: before, right: after."
