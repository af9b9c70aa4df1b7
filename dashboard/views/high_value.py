"""High value: how few customers bring how much of the revenue, and who they are."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from dashboard import figures, theme
from dashboard.formats import shown
from dashboard.page import Metric, Page
from dashboard.predicted import MARTS, NO_CAUSE, REASONS, listed, models, verdict, why_missing

MART = "customer_value_labels"
LISTED = 10_000
# Shares of fewer customers say little.
ENOUGH = 30
SCHEMES = {"value": "Value matrix", "rfm": "RFM", "engagement": "Engagement"}
GROUPS = {"high": "All high value", "top": "Top tenth only"}
STATES = {"all": "All", "safe": "Not at risk", "at_risk": "At risk"}
LABELS = {
    "revenue_rank": "Rank",
    "revenue_decile": "Tenth",
    "cumulative_revenue_share_rate": "Revenue share up to here",
}


def show(page: Page) -> None:
    """Threshold and shares, the Pareto curve, tenths and segments, and the rewards list."""
    page.title("High value", "How few customers bring how much of the revenue, and who they are.")
    summary = page.row("high_value/summary")
    if not summary["paying_count"]:
        page.empty("Nobody has revenue yet: it takes orders that count as sales and name their customer.")
        return
    _metrics(page, summary)
    if summary["paying_count"] < ENOUGH:
        page.warn(f"Only {summary['paying_count']} customers have revenue: shares of so few say little.")
    _pareto(page, summary)
    _segments(page)
    _rewards(page)
    _likely(page)


def _metrics(page: Page, summary: dict[str, object]) -> None:
    snapshots = page.rows("high_value/snapshots")
    before = snapshots.row(1, named=True) if snapshots.height > 1 else {}
    compared = f" Today, against {before['snapshot_on']:%d %b %Y}." if before else ""
    high, paying = summary["high_value_count"], summary["paying_count"]
    threshold = shown(summary["high_value_threshold_amount"], "money")
    page.metrics(
        [
            Metric(
                "High value",
                high,
                "count",
                before.get("high_value_count"),
                help=page.define(MART, "is_high_value"),
                detail=f"{shown(_share(high, paying), 'rate')} of the {shown(paying, 'count')} with revenue",
            ),
            Metric(
                "Threshold",
                summary["high_value_threshold_amount"],
                "money",
                help=page.define(MART, "high_value_threshold_amount"),
                detail="lifetime revenue to exceed",
            ),
            Metric(
                "Share of revenue",
                _share(summary["high_value_revenue_amount"], summary["revenue_amount"]),
                "rate",
                detail=f"high value: {shown(summary['high_value_revenue_amount'], 'money')} of "
                f"{shown(summary['revenue_amount'], 'money')}",
            ),
            Metric(
                "Top tenth's share",
                _share(summary["top_tenth_revenue_amount"], summary["revenue_amount"]),
                "rate",
                help=page.define(MART, "revenue_decile"),
                detail=f"{shown(summary['top_tenth_revenue_amount'], 'money')} from "
                f"{shown(summary['top_tenth_count'], 'count')} customers",
            ),
            Metric(
                "Mean revenue",
                summary["high_value_revenue_amount"] / high if high else None,
                "money",
                detail=f"high value; all with revenue: {shown(summary['revenue_amount'] / paying, 'money')}",
            ),
        ],
        note=f"Who spent more than {threshold} in a lifetime is high value. The threshold moves with what all customers "
        f"with revenue spend, so about the same share of them is above it.{compared}",
    )


def _share(part: object, whole: object) -> float | None:
    return float(part) / float(whole) if whole else None


def _pareto(page: Page, summary: dict[str, object]) -> None:
    page.section("Concentration", "Customers with revenue, the highest spenders first.")
    curve, tenths = page.rows("high_value/pareto"), page.rows("high_value/tenths")
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                _curve(curve, summary),
                curve,
                "Pareto curve",
                key="high_value_pareto",
                help=page.define(MART, "cumulative_revenue_share_rate"),
                note="The dotted line is where everybody spends the same.",
            )
        with right:
            figure = figures.bars(
                tenths,
                "revenue_decile",
                "revenue_share_rate",
                colours=[theme.GOOD if tenth == 1 else theme.MAIN for tenth in tenths["revenue_decile"]],
                texts=[shown(share, "rate") for share in tenths["revenue_share_rate"]],
                height=360,
            )
            figure.update_traces(textposition="outside", textangle=0, textfont_size=11)
            figure.update_xaxes(title="tenths, highest spenders first")
            figure.update_yaxes(title="share of revenue")
            page.chart(
                figure,
                tenths,
                "Revenue by tenth of the customers",
                key="high_value_tenths",
                help=page.define(MART, "revenue_decile"),
                note="Customers with equal revenue are in the same tenth.",
                labels={"revenue_decile": "Tenth"},
            )


def _curve(curve: pl.DataFrame, summary: dict[str, object]) -> go.Figure:
    figure = figures.scatter(
        curve, "customer_share_rate", "revenue_share_rate", x_title="share of customers", y_title="share of revenue"
    )
    figure.update_traces(mode="lines", line={"color": theme.MAIN, "width": 2.5})
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": theme.MUTED, "width": 1, "dash": "dot"})
    customers = _share(summary["high_value_count"], summary["paying_count"])
    revenue = _share(summary["high_value_revenue_amount"], summary["revenue_amount"])
    if customers and revenue:
        figure.add_annotation(
            x=customers,
            y=revenue,
            text=f"high value: {shown(customers, 'rate')}<br>bring {shown(revenue, 'rate')}",
            ax=70,
            ay=50,
            arrowcolor=theme.GOOD,
            font={"color": theme.GOOD},
            bgcolor=theme.PAPER,
            align="left",
        )
    figure.update_xaxes(range=[0, 1])
    figure.update_yaxes(range=[0, 1.03])
    return figure.update_layout(height=360)


def _segments(page: Page) -> None:
    page.section("Who brings the revenue")
    with page.filters():
        scheme = page.choose("scheme", "Segments", SCHEMES)
    rows = page.rows("high_value/segments", scheme=scheme)
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.bars(
                    rows,
                    "segment",
                    "revenue_share_rate",
                    horizontal=True,
                    colours=theme.SEGMENTS,
                    texts=[
                        f"{shown(share, 'rate')} · {shown(amount, 'money')}"
                        for share, amount in zip(rows["revenue_share_rate"], rows["revenue_amount"], strict=True)
                    ],
                ),
                rows,
                "Share of revenue by segment",
                key="high_value_revenue_by_segment",
                help=page.define("customer_360", f"{scheme}_segment"),
            )
        with right:
            ordered = rows.filter(pl.col("high_value_count") > 0).sort(
                "high_value_count", "segment", descending=[True, False]
            )
            if not ordered.height:
                page.empty("Nobody's revenue is above the threshold.")
                return
            page.chart(
                figures.bars(
                    ordered,
                    "segment",
                    "high_value_count",
                    horizontal=True,
                    colours=theme.SEGMENTS,
                    texts=[shown(count, "count") for count in ordered["high_value_count"]],
                ),
                ordered,
                "High-value customers by segment",
                key="high_value_customers_by_segment",
                help=page.define(MART, "is_high_value"),
            )


def _rewards(page: Page) -> None:
    page.section("Rewards list", "Whom to thank; those at risk are to be won back first.")
    with page.filters():
        who = page.choose("who", "Customers", GROUPS, help=page.define(MART, "revenue_decile"))
        state = page.choose("state", "State", STATES, help=page.define("customer_360", "is_at_risk"))
    total = page.row("high_value/matching", who=who, state=state)
    count = int(total["customer_count"])
    if not count:
        page.empty("No high-value customer matches: choose another group or state.")
        return
    held = f"the first {LISTED:,}" if count > LISTED else "all of them"
    page.table(
        page.rows("high_value/customers", who=who, state=state),
        "High-value customers",
        key="high_value_customers",
        help=page.define(MART),
        note=f"{count:,} customers, revenue {shown(total['revenue_amount'], 'money')}; the highest revenue first. "
        f"The list and its download hold {held}.",
        mart=MART,
        labels=LABELS,
        height=460,
    )
    page.link("High-value customers at risk", "at_risk", value="high")


def _likely(page: Page) -> None:
    page.section("Likely to become one", "Who is not of high value today and will probably spend much soon.")
    known = models(page)
    if missing := why_missing(known, "high_value"):
        page.empty(missing)
        return
    rows = page.rows("high_value/likely")
    if not rows.height:
        page.empty("Everybody who is likely to spend much is of high value today.")
        return
    cut, days = shown(rows["high_value_cut_amount"][0], "money"), rows["horizon_days"][0]
    page.table(
        rows.drop("matching_count", "high_value_cut_amount", "horizon_days"),
        "Not yet of high value, and likely to be",
        key="high_value_likely",
        help=page.define(MARTS["high_value"]),
        note=f"{listed(rows)}: the high band of those likely to spend over {cut} in the next {days:,} days, which is another "
        f"measure than the lifetime revenue above. {NO_CAUSE}",
        mart=MARTS["high_value"],
        labels={**REASONS, "high_value_probability": "High value", "revenue_amount": "Lifetime revenue"},
        height=380,
    )
    page.note(f"{verdict(known['high_value'])}.")
    page.link("How well that is predicted", "predictions", prediction="high_value")
