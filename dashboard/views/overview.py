"""Executive overview: how the shop and its customers do, against the period before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

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

    has_visits = bool(page.row("behaviour/extent")["session_count"])
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
            _approval(page, period, shop),
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
                now.get("sessions_per_customer") if has_visits else None,
                "number",
                before.get("sessions_per_customer") if has_visits else None,
                help=page.define("customer_360", "session_count_30_days"),
                detail="" if has_visits else "no visits in this source",
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


def _approval(page: Page, period: Period, shop: Mapping) -> Metric:
    """Without a rate where the source tells approved payments only: all of them are approved there, whatever was tried."""
    ever = page.row("payments/all_time")
    approved, attempts = shop["approved_count"], shop["attempt_count"]
    before_approved, before_attempts = shop["before_approved_count"], shop["before_attempt_count"]
    is_told = bool(ever["failed_count"])
    if is_told:
        detail = of_rate(approved, attempts) if attempts else "no attempts to pay in this period"
    elif ever["attempt_count"]:
        detail = "this source tells approved payments only"
    else:
        detail = "no attempts to pay in this source"
    return Metric(
        "Approval rate",
        approved / attempts if is_told and attempts else None,
        "rate",
        before_approved / before_attempts if is_told and period.is_comparable and before_attempts else None,
        help=page.define("daily_kpis", "approval_rate"),
        detail=detail,
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
    incomplete = _month_so_far(snapshots)
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.line(snapshots, "snapshot_on", "mean_score", incomplete=incomplete),
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
                    incomplete=incomplete,
                ),
                snapshots.select("snapshot_on", "buyer_count", "at_risk_count", "at_risk_rate"),
                "Share of the buyers at risk",
                key="overview_at_risk_trend",
                help=page.define("customer_360", "is_at_risk"),
            )


def _month_so_far(snapshots: pl.DataFrame) -> tuple[date, date] | None:
    """From the last month end to the newest snapshot; None where that ends a month itself."""
    before, last = snapshots["snapshot_on"][-2], snapshots["snapshot_on"][-1]
    return (before, last) if (last + timedelta(days=1)).month == last.month else None


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
