"""Executive overview: how the shop and its customers do, against the period before."""

from __future__ import annotations

import polars as pl

from dashboard import figures, theme
from dashboard.intervals import of_rate
from dashboard.page import Metric, Page, Period


def show(page: Page) -> None:
    """Totals, the base's health, the distribution of the score and how it moved."""
    page.title("Overview", "How the shop and its customers do, each against the period before.")
    with page.filters():
        period = page.period()
    snapshots = page.rows("overview/customers")
    _metrics(page, period, snapshots)
    with page.columns(1, 1) as (left, right):
        with left:
            _scores(page)
        with right:
            _segments(page)
    _trend(page, snapshots)
    _days(page, period)


def _metrics(page: Page, period: Period, snapshots: pl.DataFrame) -> None:
    shop = page.row("overview/shop", **period.parameters)
    now = snapshots.row(-1, named=True) if snapshots.height else {}
    before = snapshots.row(-2, named=True) if snapshots.height > 1 else {}

    def earlier(value: object) -> object:
        return value if period.is_comparable else None

    approved, attempts = shop["approved_count"], shop["attempt_count"]
    page.metrics(
        [
            Metric(
                "Revenue",
                shop["revenue_amount"],
                "money",
                earlier(shop["before_revenue_amount"]),
                help=page.define("daily_kpis", "revenue_amount"),
            ),
            Metric(
                "Orders",
                shop["order_count"],
                "count",
                earlier(shop["before_order_count"]),
                help=page.define("daily_kpis", "order_count"),
            ),
            Metric(
                "Approval rate",
                approved / attempts if attempts else None,
                "rate",
                earlier(shop["before_approved_count"] / shop["before_attempt_count"])
                if shop["before_attempt_count"]
                else None,
                help=page.define("daily_kpis", "approval_rate"),
                detail=of_rate(approved, attempts) if attempts else "no attempts to pay in this source",
            ),
            Metric(
                "Customers",
                now.get("customer_count"),
                "count",
                before.get("customer_count"),
                help="Customers known at the as-of date.",
            ),
            Metric(
                "Mean engagement",
                now.get("mean_score"),
                "score",
                before.get("mean_score"),
                help=page.define("customer_engagement", "engagement_score"),
            ),
            Metric(
                "At risk",
                now.get("at_risk_rate"),
                "rate",
                before.get("at_risk_rate"),
                good="down",
                help=f"Share of the buyers. {page.define('customer_360', 'is_at_risk')}",
                detail=of_rate(now.get("at_risk_count"), now.get("buyer_count")),
            ),
            Metric(
                "Sessions per customer, 30 days",
                now.get("sessions_per_customer"),
                "number",
                before.get("sessions_per_customer"),
                help=page.define("customer_360", "session_count_30_days"),
            ),
            Metric(
                "Revenue per order",
                shop["revenue_amount"] / shop["order_count"] if shop["order_count"] else None,
                "money",
                earlier(shop["before_revenue_amount"] / shop["before_order_count"])
                if shop["before_order_count"]
                else None,
            ),
        ],
        note=_compared(period, before),
    )


def _compared(period: Period, before: dict) -> str:
    shop = (
        f"Revenue, orders and approval: {period.label}, against the {(period.last - period.first).days + 1} days before."
        if period.is_comparable
        else f"Revenue, orders and approval: {period.label}; the data does not reach back far enough to compare."
    )
    base = f" Customers: today, against {before['snapshot_on']:%d %b %Y}." if before else ""
    return shop + base


def _scores(page: Page) -> None:
    rows = page.rows("overview/scores")
    figure = figures.histogram(rows, "score_from", "score_to", "customer_count", "score")
    figure.update_xaxes(title="engagement score")
    page.chart(
        figure,
        rows,
        "Engagement scores",
        key="overview_scores",
        help=page.define("customer_engagement", "engagement_score"),
    )


def _segments(page: Page) -> None:
    rows = page.rows("overview/segments")
    page.chart(
        figures.donut(rows, "engagement_segment", "customer_count", theme.SEGMENTS),
        rows,
        "Customers by segment",
        key="overview_segments",
        help=page.define("customer_360", "engagement_segment"),
    )


def _trend(page: Page, snapshots: pl.DataFrame) -> None:
    page.section("Month by month", "Every customer as known at each month end, and today.")
    if snapshots.height < 2:
        page.empty("One snapshot only: a trend needs data that reaches over the end of a month.")
        return
    last = snapshots.row(-1, named=True)["snapshot_on"]
    before = snapshots.row(-2, named=True)["snapshot_on"]
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.line(snapshots, "snapshot_on", "mean_score", incomplete=(before, last)),
                snapshots.select("snapshot_on", "customer_count", "mean_score"),
                "Mean engagement score",
                key="overview_score_trend",
                help=page.define("customer_engagement", "engagement_score"),
            )
        with right:
            page.chart(
                figures.line(
                    snapshots,
                    "snapshot_on",
                    "at_risk_rate",
                    colours={"at_risk_rate": theme.BAD},
                    incomplete=(before, last),
                ),
                snapshots.select("snapshot_on", "buyer_count", "at_risk_count", "at_risk_rate"),
                "Share of the buyers at risk",
                key="overview_at_risk_trend",
                help=page.define("customer_360", "is_at_risk"),
            )


def _days(page: Page, period: Period) -> None:
    rows = page.rows("overview/days", **period.parameters)
    if not rows.height:
        page.empty("No day with an order or an event in this period.")
        return
    page.section("Day by day")
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.line(rows, "kpi_date", "revenue_amount"),
                rows,
                "Revenue by day",
                key="overview_revenue",
                help=page.define("daily_kpis", "revenue_amount"),
            )
        with right:
            page.chart(
                figures.line(rows, "kpi_date", "order_count"),
                rows,
                "Orders by day",
                key="overview_orders",
                help=page.define("daily_kpis", "order_count"),
            )
