"""Retention: who orders again, how the base renews itself, and how often people come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import plotly.graph_objects as go
import polars as pl

from dashboard import figures, theme
from dashboard.formats import shown
from dashboard.intervals import beside, of_rate
from dashboard.page import Metric, Page

FEWEST = 30
MOST_PERIODS = 60
MOST_DAYS = 730
TOLD_MONTHS = (1, 2, 3, 6, 12)
MEASURES = {
    "month": "Ordered in the month",
    "later": "Ordered then or later",
    "revenue": "Revenue",
    "per_customer": "Revenue per customer",
}
LATER = "retention_on_or_after_rate"
LITTLE_TIME = "The newest months had little time for a later order."
MEASURED = {
    "month": "retention_rate",
    "later": LATER,
    "revenue": "revenue_amount",
    "per_customer": "revenue_per_customer_amount",
}
COUNTED = {"retention_rate": "customer_count", LATER: "customer_count_on_or_after"}
ACTIVITIES = {"ordered": "Ordered", "active": "Visited or ordered"}
GRAINS = {"month": "Month", "week": "Week"}
UNITS = {"customer": "Customers", "visitor": "Visitors (devices)"}
LIFECYCLE = {
    "returning_count": "Returning",
    "new_customer_count": "New",
    "resurrecting_count": "Resurrecting",
    "dormant_count": "Dormant",
}
LIFECYCLE_COLOURS = {
    "Returning": theme.MAIN,
    "New": theme.SECOND,
    "Resurrecting": theme.FOURTH,
    "Dormant": theme.BEFORE,
}
ACTIVE = {
    "daily_active_count": "Active on the day",
    "weekly_active_count": "In the last 7 days",
    "monthly_active_count": "In the last 30 days",
}
STICKINESS = {"stickiness_rate": "On the day", "mean_stickiness_rate": "Mean of 7 days"}


def show(page: Page) -> None:
    """Cohorts, the curve over all of them, the lifecycle of the base, and stickiness."""
    page.title("Retention", "Who comes back after the first order, and how the base of customers renews itself.")
    curve = page.rows("retention/curve", fewest=FEWEST)
    _metrics(page, curve)
    _cohorts(page, curve)
    _lifecycle(page)
    _stickiness(page)


def _metrics(page: Page, curve: pl.DataFrame) -> None:
    known = [number for number in TOLD_MONTHS if number in curve["months_since"]]
    tiles = [_month(page, curve, number) for number in known or TOLD_MONTHS[:1]]
    page.metrics(
        tiles, note=f"Every cohort for which the month is over, taken together; none below {FEWEST} customers."
    )


def _month(page: Page, curve: pl.DataFrame, number: int) -> Metric:
    found = curve.filter(pl.col("months_since") == number)
    row = found.row(0, named=True) if found.height else {}
    return Metric(
        f"Back in month {number}",
        row.get("retention_rate"),
        "rate",
        help=page.define("retention_cohorts", "retention_rate"),
        detail=of_rate(row["customer_count"], row["cohort_customer_count"]) if row else "no cohort is that old",
    )


def _cohorts(page: Page, curve: pl.DataFrame) -> None:
    page.section("Cohorts", "A cohort is everybody with their first order in the month.")
    rows = page.rows("retention/cohorts")
    if not rows.height:
        page.empty("No customer with an order yet: a cohort begins with a first order that counts.")
        return
    with page.filters():
        measure = page.choose("measure", "Show", MEASURES)
    column = MEASURED[measure]
    _heat(page, rows, column, measure)
    with page.columns(1, 1) as (left, right):
        with left:
            _sizes(page, rows)
        with right:
            _curve(page, curve, column if column in COUNTED else "retention_rate")


def _heat(page: Page, rows: pl.DataFrame, column: str, measure: str) -> None:
    is_rate = column in COUNTED
    title = f"{MEASURES[measure]}, by months since the first order"
    cells = rows.filter(pl.col("is_mature") & (pl.col("months_since") >= (1 if is_rate else 0)))
    if not cells.height:
        page.empty(
            "No cohort has a month behind it yet. The first cells come when the month after the first orders is over."
        )
        return
    named = rows.with_columns(
        pl.struct("cohort_month", "cohort_customer_count").map_elements(_cohort_name, pl.String).alias("cohort")
    )
    order = named["cohort"].unique(maintain_order=True).to_list()
    months = list(range(1 if is_rate else 0, cells["months_since"].max() + 1))
    figure = figures.heat(
        named, "months_since", "cohort", column, x_order=months, y_order=order, x_title="months since the first order"
    )
    _write_cells(figure, is_rate)
    page.chart(
        figure,
        cells,
        title,
        key="retention_cohorts",
        help=page.define("retention_cohorts", column) or "Revenue of the month over all customers of the cohort.",
        note=_heat_note(rows, column),
    )


def _cohort_name(row: Mapping) -> str:
    few = " *" if (row["cohort_customer_count"] or 0) < FEWEST else ""
    return f"{shown(row['cohort_month'], 'month')} · {row['cohort_customer_count']:,}{few}"


def _heat_note(rows: pl.DataFrame, column: str) -> str:
    parts = ["Beside each month the customers of the cohort. Months that are not over stay empty."]
    if column in COUNTED:
        parts.append("The cohort's own month is 100 % for everybody and left out.")
    if column == LATER:
        parts.append(LITTLE_TIME)
    if (rows["cohort_customer_count"] < FEWEST).any():
        parts.append(f"* fewer than {FEWEST} customers: read it with care.")
    if rows["cohort_month"].n_unique() == 24:
        parts.append("The newest 24 cohorts.")
    return " ".join(parts)


def _write_cells(figure: go.Figure, is_rate: bool) -> None:
    """Short numbers, so that they fit in narrow cells too."""
    trace = figure.data[0]
    numbers = [[_short(cell, is_rate) for cell in line] for line in trace.z]
    trace.update(
        text=numbers,
        zmin=0,
        zmax=max((cell for line in trace.z for cell in line if cell is not None), default=0) or 1,
        hovertemplate=f"%{{y}} · month %{{x}}: %{{z:{'.1%' if is_rate else ',.2f'}}}<extra></extra>",
        textfont={"size": 11 if len(trace.x) <= 8 else 10},
    )


def _short(value: float | None, is_rate: bool) -> str:
    if value is None:
        return ""
    if is_rate:
        return f"{value:.0%}" if value >= 0.0995 or value == 0 else f"{value:.1%}"
    for bound, unit in ((1e6, "m"), (1e3, "k")):
        if abs(value) >= bound:
            return f"{value / bound:,.3g}{unit}" if abs(value) < 1000 * bound else f"{value / bound:,.0f}{unit}"
    return f"{value:,.3g}"


def _sizes(page: Page, rows: pl.DataFrame) -> None:
    own = rows.filter(pl.col("months_since") == 0).select("cohort_month", "cohort_customer_count", "is_mature")
    over = own["is_mature"].to_list()
    figure = figures.bars(
        own,
        "cohort_month",
        "cohort_customer_count",
        colours=[theme.MAIN if one else theme.BEFORE for one in over],
    )
    _name_months(figure, own.height)
    page.chart(
        figure,
        own,
        "New customers by month of their first order",
        key="retention_sizes",
        help=page.define("retention_cohorts", "cohort_customer_count"),
        note="" if all(over) else "The grey month is not over yet.",
        labels={"is_mature": "Month is over", "cohort_customer_count": "Customers"},
    )


def _name_months(figure: go.Figure, count: int) -> None:
    figure.update_xaxes(tickformat="%b %Y", dtick="M1" if count <= 7 else None)


def _curve(page: Page, curve: pl.DataFrame, column: str) -> None:
    later = curve.filter(pl.col("months_since") > 0)
    if not later.height:
        page.empty(
            f"No curve yet: it needs cohorts of {FEWEST} customers or more in all, with a month after their own that is over."
        )
        return
    rows = beside(later, COUNTED[column], "cohort_customer_count", column)
    figure = figures.line(
        rows,
        "months_since",
        column,
        low=f"{column}_low",
        high=f"{column}_high",
        names={column: "All cohorts together"},
    )
    for trace in figure.data[1:]:
        trace.hovertemplate = "Month %{x}: %{y:.1%}<extra></extra>"
    figure.update_xaxes(title="months since the first order", dtick=1 if later.height <= 12 else None)
    slow = f" {LITTLE_TIME}" if column == LATER else ""
    page.chart(
        figure,
        rows.select(
            "months_since",
            "cohort_count",
            "cohort_customer_count",
            COUNTED[column],
            column,
            f"{column}_low",
            f"{column}_high",
        ),
        f"{'Ordered in the month' if column == 'retention_rate' else 'Ordered then or later'}: the average curve",
        key="retention_curve",
        help=page.define("retention_cohorts", column),
        note=f"Weighted by customers, with the 95 % interval; the later the month, the fewer the cohorts.{slow}",
    )


def _lifecycle(page: Page) -> None:
    page.section(
        "Lifecycle",
        "New: for the first time. Returning: in the period before too. Resurrecting: earlier, but not in the period before. "
        "Dormant: in the period before and not in this one.",
    )
    activities = page.rows("retention/activities")["activity"].to_list()
    if not activities:
        page.empty("Nobody ordered or visited yet: the lifecycle begins with the first order or visit of a customer.")
        return
    with page.filters():
        activity = page.choose(
            "activity", "By", {one: ACTIVITIES.get(one, one) for one in activities}, default="ordered"
        )
        grain = page.choose("grain", "Per", GRAINS)
    rows = page.rows("retention/lifecycle", activity=activity, grain=grain, fewest=FEWEST, most=MOST_PERIODS)
    if rows.height < 2:
        page.empty(
            f"The data covers {rows.height} {grain} only. Who returned or stayed away shows from the second {grain} on."
        )
        return
    labels = {**LIFECYCLE, "active_customer_count": "Active", "is_complete": "Complete"}
    with page.columns(3, 2) as (left, right):
        with left:
            page.chart(
                _flow(rows, grain),
                rows,
                f"Customers per {grain}",
                key="retention_lifecycle",
                help=page.define("customer_lifecycle"),
                note="Below the line: who was there in the period before and stayed away. Where the data begins, everybody is new."
                + (f" The newest {MOST_PERIODS} {grain}s only." if rows.height == MOST_PERIODS else ""),
                labels=labels,
            )
        with right:
            _quick_ratio(page, rows, grain)


def _flow(rows: pl.DataFrame, grain: str) -> go.Figure:
    counts = rows.with_columns(-pl.col("dormant_count")).unpivot(
        list(LIFECYCLE), index="period_start", variable_name="part", value_name="customer_count"
    )
    figure = figures.bars(
        counts.with_columns(pl.col("part").replace(LIFECYCLE)),
        "period_start",
        "customer_count",
        split="part",
        colours=LIFECYCLE_COLOURS,
        stacked=True,
    )
    figure.update_layout(barmode="relative", height=360, bargap=0.15)
    figure.update_yaxes(rangemode="normal", zeroline=True, zerolinecolor=theme.MUTED)
    if grain == "month":
        _name_months(figure, rows.height)
    half = timedelta(days=15 if grain == "month" else 3.5)
    starts = rows["period_start"].to_list()
    for start in rows.filter(~pl.col("is_complete"))["period_start"]:
        figures.shade(figure, start - half, start + half, "not over yet" if start == starts[-1] else "begun late")
    return figure


def _quick_ratio(page: Page, rows: pl.DataFrame, grain: str) -> None:
    known = rows.drop_nulls("quick_ratio")
    if not known.height:
        page.empty(
            f"No quick ratio yet: it needs a whole {grain} after the first, with {FEWEST} customers who came or stayed away."
        )
        return
    figure = figures.line(known, "period_start", "quick_ratio", of="number")
    figure.add_hline(y=1, line={"color": theme.MUTED, "width": 1, "dash": "dot"})
    figure.update_layout(height=360)
    figure.update_yaxes(tickformat=".2~f")
    if grain == "month":
        _name_months(figure, known.height)
    page.chart(
        figure,
        known.select("period_start", "new_customer_count", "resurrecting_count", "dormant_count", "quick_ratio"),
        "Quick ratio",
        key="retention_quick_ratio",
        help=page.define("customer_lifecycle", "quick_ratio"),
        note=f"Above 1 more customers come than stay away. Whole {grain}s only.",
        labels=LIFECYCLE,
    )


def _stickiness(page: Page) -> None:
    page.section("Stickiness", "How often people come: who was active on a day, against all who were in 30 days.")
    units = page.rows("retention/units")["unit"].to_list()
    if not units:
        page.empty("No day with activity: stickiness needs visits, or orders of known customers.")
        return
    with page.filters():
        unit = page.choose("unit", "Of", {one: UNITS.get(one, one) for one in units}, default="customer")
    rows = page.rows("retention/stickiness", unit=unit, fewest=FEWEST, most=MOST_DAYS)
    complete = rows.filter("is_complete")
    if not complete.height:
        page.empty(f"The data covers {rows.height:,} days. The 30-day numbers begin when it covers 30.")
        return
    if "visitor" not in units:
        page.note("This source has no visits: a customer is active on the day of an order.")
    with page.columns(1, 1) as (left, right):
        with left:
            _active(page, rows, complete)
        with right:
            _ratio(page, rows)


def _active(page: Page, rows: pl.DataFrame, complete: pl.DataFrame) -> None:
    figure = figures.line(rows, "activity_date", list(ACTIVE), names=ACTIVE)
    first, begins = rows["activity_date"].min(), complete["activity_date"].min()
    if first < begins:
        figures.shade(figure, first, begins, "less than 30 days")
    page.chart(
        figure,
        rows.drop("mean_stickiness_rate"),
        "Active people",
        key="retention_active",
        help=page.define("activity_stickiness", "monthly_active_count"),
        note=f"The newest {MOST_DAYS} days only." if rows.height == MOST_DAYS else "",
        labels={**ACTIVE, "mean_active_days": "Active days of 30, mean", "is_complete": "30 days covered"},
    )


def _ratio(page: Page, rows: pl.DataFrame) -> None:
    known = rows.drop_nulls("stickiness_rate")
    if not known.height:
        page.empty(f"Never {FEWEST} active people within 30 days: a share of so few would mislead.")
        return
    figure = figures.line(
        known,
        "activity_date",
        list(STICKINESS),
        names=STICKINESS,
        colours={"stickiness_rate": theme.BEFORE, "mean_stickiness_rate": theme.MAIN},
    )
    last = known.row(-1, named=True)
    page.chart(
        figure,
        known.select("activity_date", "daily_active_count", "monthly_active_count", *STICKINESS),
        "Share of the 30-day actives who came on the day",
        key="retention_stickiness",
        help=page.define("activity_stickiness", "stickiness_rate"),
        note=f"{_mean_days(last)} Days before the data covers 30 are left out.",
        labels={**ACTIVE, **STICKINESS},
    )


def _mean_days(last: Mapping) -> str:
    days = last["mean_active_days"]
    return "" if days is None else f"On average {days:.1f} active days in the last 30."
