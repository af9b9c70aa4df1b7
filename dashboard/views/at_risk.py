"""At risk: who is slipping away, what is at stake, and whom to write to first."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from dashboard import figures, theme
from dashboard.formats import shown
from dashboard.intervals import of_rate, wilson
from dashboard.page import Metric, Page
from dashboard.predicted import MARTS, models, why_missing

MART = "at_risk_customers"
LISTED = 10_000
MARKS = {"red": "🔴 red", "yellow": "🟡 yellow", "green": "🟢 green"}
MEANINGS = {"red": "high value", "yellow": "ordered more than once", "green": "the others"}
PRIORITIES = {"all": "All", **{name: f"{MARKS[name]}: {meaning}" for name, meaning in MEANINGS.items()}}
CHURN = {"all": "All", "high": "High", "medium": "Medium", "low": "Low"}
VALUES = {"all": "All", "high": "High value only"}
WHO = {"high_value_count": "high value", "other_count": "others"}
LABELS = {
    "recency_days": "Days since last order",
    "risk_reasons": "Why",
    "gap_limit_days": "Usual wait in days, at most",
    "at_risk_days": "Days at risk",
    "at_risk_since_on": "At risk since",
    "revenue_amount": "Lifetime revenue",
    "churn_probability": "To churn",
}


def show(page: Page) -> None:
    """Totals, the trend, priorities, reasons, and the target list."""
    page.title("At risk", "Customers who wait longer than usual and hardly visit any more: whom to write to first.")
    snapshots = page.rows("at_risk/snapshots")
    summary = page.row("at_risk/summary")
    if not snapshots.height or not snapshots["buyer_count"][-1]:
        page.empty("Nobody has ordered yet: only customers with an order can be at risk.")
        return
    _metrics(page, summary, snapshots)
    if not snapshots["session_count"].sum():
        page.note("The source has no visits of customers, so the waits between orders alone say who is at risk.")
    if summary["customer_count"]:
        _today(page)
        _targets(page)
    else:
        page.empty(
            "Nobody is at risk today. It takes customers who ordered on two days or more, which tells the usual wait, "
            "and data that reaches further than that wait."
        )
    _trend(page, snapshots)


def _metrics(page: Page, summary: dict[str, object], snapshots: pl.DataFrame) -> None:
    now = snapshots.row(-1, named=True)
    before = snapshots.row(-2, named=True) if snapshots.height > 1 else {}
    days = page.publication.settings.get("revenue_at_risk_days", "365")
    high_revenue = shown(summary["high_value_revenue_at_risk_amount"], "money")
    page.metrics(
        [
            Metric(
                "At risk",
                summary["customer_count"],
                "count",
                before.get("at_risk_count"),
                good="down",
                help=page.define("customer_360", "is_at_risk"),
            ),
            Metric(
                "Share of the buyers",
                now["at_risk_rate"],
                "rate",
                before.get("at_risk_rate"),
                good="down",
                detail=of_rate(now["at_risk_count"], now["buyer_count"]),
            ),
            Metric(
                "Revenue at risk",
                summary["revenue_at_risk_amount"],
                "money",
                help=page.define(MART, "revenue_at_risk_amount"),
                detail=f"what they spent in {days} days, less returns",
            ),
            Metric(
                "High value",
                summary["high_value_count"],
                "count",
                before.get("high_value_count"),
                good="down",
                help=page.define(MART, "is_high_value"),
                detail=f"of those at risk, with {high_revenue} of the revenue at risk",
            ),
            Metric(
                "New in 30 days",
                summary["new_count"],
                "count",
                help=page.define(MART, "at_risk_since_on"),
                detail="at risk for less than 30 days",
            ),
        ],
        note=f"Today, against {before['snapshot_on']:%d %b %Y}." if before else "",
    )


def _today(page: Page) -> None:
    page.section("Who and why")
    with page.columns(1, 1) as (left, right):
        with left:
            _priorities(page)
        with right:
            _reasons(page)


def _priorities(page: Page) -> None:
    rows = (
        page.rows("at_risk/priorities")
        .group_by("priority", maintain_order=True)
        .agg(pl.col("customer_count").sum(), pl.col("revenue_at_risk_amount").sum())
    )
    texts = [
        f"{shown(count, 'count')} customers · {shown(amount, 'money')}"
        for count, amount in zip(rows["customer_count"], rows["revenue_at_risk_amount"], strict=True)
    ]
    page.chart(
        figures.bars(
            rows,
            "priority",
            "revenue_at_risk_amount",
            horizontal=True,
            colours=theme.PRIORITY,
            texts=texts,
            keys="priority",
            height=260,
        ),
        rows,
        "Revenue at risk by priority",
        key="at_risk_priorities",
        help=page.define(MART, "revenue_at_risk_amount"),
        note="Red: high value. Yellow: ordered more than once. Both with revenue at risk; green: the others. "
        "Click a bar to list them.",
        picks="priority",
    )


def _reasons(page: Page) -> None:
    rows = page.rows("at_risk/reasons")
    parts = (
        rows.with_columns((pl.col("customer_count") - pl.col("high_value_count")).alias("other_count"))
        .unpivot(WHO, index="reason", variable_name="who", value_name="part_count")
        .with_columns(pl.col("who").replace_strict(WHO, return_dtype=pl.String))
    )
    page.chart(
        figures.bars(
            parts,
            "reason",
            "part_count",
            horizontal=True,
            split="who",
            stacked=True,
            colours={"high value": theme.BAD, "others": theme.BEFORE},
            height=260,
        ).update_layout(legend_traceorder="normal"),
        rows,
        "Customers by reason",
        key="at_risk_reasons",
        help=page.define(MART, "risk_reasons"),
        note="A customer may have several reasons. Own rhythm: against the own waits; usual: against everybody's.",
    )


def _targets(page: Page) -> None:
    page.section("Target list")
    with page.filters():
        priority = page.choose("priority", "Priority", PRIORITIES)
        value = page.choose("value", "Value", VALUES, help=page.define(MART, "is_high_value"))
        churn = _choose_churn(page)
    matching = _matching(page.rows("at_risk/priorities"), priority, value, churn)
    count = int(matching["customer_count"].sum())
    if not count:
        page.empty("No customer at risk matches: choose another priority, value or risk to churn.")
        return
    held = f"the first {LISTED:,}" if count > LISTED else "all of them"
    at_risk = shown(matching["revenue_at_risk_amount"].sum(), "money")
    rows = page.rows("at_risk/customers", priority=priority, value=value, churn=churn)
    page.table(
        rows.with_columns(pl.col("priority").replace_strict(MARKS, return_dtype=pl.String)),
        "Whom to write to first",
        key="at_risk_customers",
        help=page.define(MART),
        note=f"{count:,} customers, {at_risk} at risk; by priority, then by revenue at risk. The list and its download "
        f"hold {held}.{_told_churn(matching)}",
        mart=MART,
        labels=LABELS,
        height=460,
    )


def _choose_churn(page: Page) -> str:
    """The band of churn; all of them where it is not predicted."""
    if why_missing(models(page), "churn"):
        return "all"
    return page.choose("churn", "Risk to churn", CHURN, help=page.define(MARTS["churn"], "churn_band"))


def _told_churn(rows: pl.DataFrame) -> str:
    """How many of them are expected to churn; '' where it is not predicted."""
    asked = rows.drop_nulls("churn_band")
    if not asked.height:
        return ""
    high = asked.filter(pl.col("churn_band") == "high")["customer_count"].sum()
    expected = shown(asked["churn_expected_count"].sum(), "count")
    return (
        f" {high:,} are in the high band of the risk to churn; of the {asked['customer_count'].sum():,} asked, {expected} are "
        "expected to."
    )


def _matching(rows: pl.DataFrame, priority: str, value: str, churn: str) -> pl.DataFrame:
    if churn != "all":
        rows = rows.filter(pl.col("churn_band") == churn)
    if priority != "all":
        rows = rows.filter(pl.col("priority") == priority)
    return rows.filter(pl.col("is_high_value")) if value == "high" else rows


def _trend(page: Page, snapshots: pl.DataFrame) -> None:
    page.section("Month by month", "Every customer as known at each month end, and today.")
    if snapshots.height < 2:
        page.empty("One snapshot only: a trend needs data that reaches over the end of a month.")
        return
    incomplete = _month_so_far(snapshots)
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.line(
                    snapshots,
                    "snapshot_on",
                    ["at_risk_count", "high_value_count"],
                    names={"at_risk_count": "all at risk", "high_value_count": "high value among them"},
                    colours={"at_risk_count": theme.MAIN, "high_value_count": theme.BAD},
                    incomplete=incomplete,
                ),
                snapshots.select("snapshot_on", "at_risk_count", "high_value_count"),
                "Customers at risk",
                key="at_risk_count_trend",
                help=page.define("customer_360", "is_at_risk"),
            )
        with right:
            rows = _with_interval(snapshots)
            page.chart(
                figures.line(
                    rows,
                    "snapshot_on",
                    "at_risk_rate",
                    low="at_risk_rate_low",
                    high="at_risk_rate_high",
                    colours={"at_risk_rate": theme.MAIN},
                    incomplete=incomplete,
                ),
                rows,
                "Share of the buyers at risk",
                key="at_risk_rate_trend",
                help=page.define("customer_360", "is_at_risk"),
            )


def _month_so_far(snapshots: pl.DataFrame) -> tuple[date, date] | None:
    """From the last month end to the newest snapshot; None where that ends a month itself."""
    before, last = snapshots["snapshot_on"][-2], snapshots["snapshot_on"][-1]
    return (before, last) if (last + timedelta(days=1)).month == last.month else None


def _with_interval(snapshots: pl.DataFrame) -> pl.DataFrame:
    counts = zip(snapshots["at_risk_count"], snapshots["buyer_count"], strict=True)
    spans = [wilson(at_risk, buyers) if buyers else (None, None) for at_risk, buyers in counts]
    return snapshots.select("snapshot_on", "buyer_count", "at_risk_count", "at_risk_rate").with_columns(
        pl.Series("at_risk_rate_low", [low for low, _ in spans], dtype=pl.Float64),
        pl.Series("at_risk_rate_high", [high for _, high in spans], dtype=pl.Float64),
    )
