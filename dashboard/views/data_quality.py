"""Data quality: how fresh the data is, what became of every landed row, what is odd, and how the tests ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import plotly.graph_objects as go
import polars as pl

from dashboard import figures, theme
from dashboard.formats import label, shown
from dashboard.intervals import of_rate
from dashboard.page import Metric, Page
from dashboard.predicted import MODEL_LABELS, alarms, models, told_models, verdict, why_missing

FEWEST = 30
ANY = "all"
MOST_BARS = 15
MOST_MARKS = 20
RECENT_DAYS = 60
SUBJECT_TYPES = {"table": "landed table", "event_type": "event type", "orders": "orders that landed"}
FATES = {
    "landed_count": "Landed",
    "accepted_count": "Accepted",
    "quarantined_count": "Quarantined",
    "duplicate_count": "Duplicates",
    "superseded_count": "Superseded",
    "missing_count": "Not accounted for",
    "quarantined_rate": "Quarantined share",
    "unbalanced_day_count": "Days not balanced",
}
ENTITIES = {"events": "Events, by day of arrival", "customers": "Customers, by snapshot"}
VOLUME = {"row_count": "Rows", "median_row_count": "Usual for the weekday"}


def show(page: Page) -> None:
    """From the landed rows to the marts: freshness, fates, oddities, changes, tests and counts."""
    page.title("Data quality", "Whether the numbers can be trusted: what landed, what was refused, and what changed.")
    fates = page.rows("data_quality/reconciliation")
    tests = page.row("data_quality/test_totals")
    _metrics(page, fates, tests)
    _tests(page, tests)
    _arrivals(page, fates)
    _quarantine(page, fates)
    _nulls(page)
    _drift(page)
    _volume(page)
    _late(page)
    _consistency(page)
    _models(page)
    _tables(page)


def _metrics(page: Page, fates: pl.DataFrame, tests: Mapping) -> None:
    landed, refused = int(fates["landed_count"].sum() or 0), int(fates["quarantined_count"].sum() or 0)
    page.metrics(
        [
            Metric("As of", page.publication.as_of_date, "date", help="The day that counts as today in every mart."),
            Metric(
                "Failed tests",
                tests["failed_count"] if tests["test_count"] else None,
                detail=f"{tests['passed_count']:,} of {tests['test_count']:,} passed"
                if tests["test_count"]
                else "no tests were run",
            ),
            Metric(
                "Refused rows",
                refused / landed if landed else None,
                "rate",
                help=page.define("row_reconciliation", "quarantined_count"),
                detail=of_rate(refused, landed),
            ),
            Metric(
                "Days not balanced",
                int(fates["unbalanced_day_count"].sum() or 0),
                help=page.define("row_reconciliation", "is_balanced"),
                detail="per landed table",
            ),
        ],
        note=f"Published {page.publication.published_at}, version {page.publication.version}.",
    )


def _tests(page: Page, tests: Mapping) -> None:
    page.section("Tests", "What was checked on the tables of this version.")
    if not tests["test_count"]:
        page.empty("No tests were run on this version. They run with a build and are published with it.")
        return
    told = f"{tests['passed_count']:,} of {tests['test_count']:,} tests passed, {tests['warned_count']:,} warned"
    if tests["failed_count"]:
        page.warn(f"{told}, {tests['failed_count']:,} failed: do not trust what they are about before it is fixed.")
    else:
        page.good(f"{told}, none failed.")
    rows = page.rows("data_quality/tests")
    every = tests["test_count"]
    page.table(
        rows,
        "Results",
        key="quality_tests",
        note=(f"The first {rows.height:,} of {every:,}" if every > rows.height else f"All {every:,}")
        + ": failed first, then warned.",
        hidden=["description"],
        height=280,
    )


def _arrivals(page: Page, fates: pl.DataFrame) -> None:
    page.section("Freshness and fate", "Nothing is lost: landed = accepted + quarantined + duplicates + superseded.")
    if not fates.height:
        page.empty("No file has landed yet.")
        return
    unbalanced = page.rows("data_quality/unbalanced")
    if unbalanced.height:
        every = unbalanced["unbalanced_count"][0]
        page.warn("On some days the fates do not add up to the landed rows.")
        page.table(
            unbalanced.drop("unbalanced_count"),
            "Not balanced",
            key="quality_unbalanced",
            mart="row_reconciliation",
            labels=FATES,
            note=f"The newest {unbalanced.height:,} of {every:,}." if every > unbalanced.height else "",
        )
    else:
        page.good("Every landed row is accounted for, in every table and on every day.")
    page.table(
        fates,
        "What became of the landed rows",
        key="quality_fates",
        mart="row_reconciliation",
        labels=FATES,
    )
    fresh = page.rows("data_quality/freshness")
    if fresh["newest_landed_on"].null_count() == fresh.height:
        page.empty("This source tells no day of arrival, so nothing can be said on how fresh its tables are.")
        return
    page.table(
        fresh,
        "Freshness",
        key="quality_freshness",
        note="Behind: days from the newest arrival to the as-of date. Late events may arrive after it.",
        labels={
            "newest_landed_on": "Newest arrival",
            "first_landed_on": "First arrival",
            "behind_days": "Days behind",
            "landed_count": "Landed",
            "newest_row_count": "Rows of that day",
            "landing_day_count": "Days with rows",
        },
    )


def _quarantine(page: Page, fates: pl.DataFrame) -> None:
    page.section("Refused rows", "They are kept whole, with file, day and reasons.")
    reasons = page.rows("data_quality/reasons")
    if not reasons.height:
        page.good("No row was refused." if fates["landed_count"].sum() else "No row has landed, so none was refused.")
        return
    named = reasons.with_columns(
        pl.concat_str(["source_table", pl.col("reason").str.replace_all("_", " ")], separator=": ").alias("what")
    )
    page.chart(
        figures.bars(named.head(MOST_BARS), "what", "quarantined_count", horizontal=True),
        reasons,
        "Refused rows by table and reason",
        labels={**FATES, "newest_landed_on": "Newest arrival"},
        key="quality_reasons",
        help=page.define("quarantined_rows", "rejection_reasons"),
        note=f"The first {MOST_BARS} of {reasons.height:,}. A row with two reasons counts under each."
        if reasons.height > MOST_BARS
        else "A row with two reasons counts under each.",
    )
    _samples(page, reasons)


def _samples(page: Page, reasons: pl.DataFrame) -> None:
    with page.filters():
        tables = sorted(set(reasons["source_table"]))
        table = page.choose("rejected", "Table", {ANY: "All tables", **{one: one for one in tables}})
        of_table = reasons if table == ANY else reasons.filter(pl.col("source_table") == table)
        options = {one: label(one) for one in sorted(set(of_table["reason"]))}
        reason = page.choose("reason", "Reason", {ANY: "All reasons", **options})
    rows = page.rows("data_quality/samples", table=table, reason=reason)
    page.table(
        rows,
        "Samples",
        key="quality_samples",
        mart="quarantined_rows",
        note="The newest, at most 20. Personal fields within the rows are masked.",
        height=300,
    )


def _nulls(page: Page) -> None:
    page.section("Empty values", "Which columns of the core tables have no value, and whether that changed.")
    profiled = page.rows("data_quality/profiled")
    if not profiled.height:
        page.empty("No core table has rows to be profiled.")
        return
    with page.filters():
        names = profiled["table_name"].to_list()
        table = page.choose("profile", "Core table", {ANY: "All tables", **{one: one for one in names}})
    rows = page.rows("data_quality/nulls", table=table)
    with page.columns(1, 1) as (left, right):
        with left:
            if rows.height:
                page.table(
                    rows,
                    "Columns with the most empty values",
                    key="quality_nulls",
                    mart="column_profile",
                    note="At most 40. Many are empty by nature: few orders are returned.",
                    height=360,
                )
            else:
                page.good("Every column has a value in every row.")
        with right:
            _null_changes(page)


def _null_changes(page: Page) -> None:
    rows = page.rows("data_quality/null_changes").drop_nulls("change_points")
    if not rows.height:
        page.empty(
            "No change can be told: it needs events of two calendar months. Sources without events have none to compare."
        )
        return
    days, before = rows["day_count"].max(), rows["before_day_count"].max()
    page.table(
        rows.with_columns(pl.col("change_points").round(2)),
        f"Empty values of the events: {days} days against the {before} measured before",
        key="quality_null_changes",
        help=page.define("score_drift", "null_count"),
        labels={
            "change_points": "Change, in points",
            "day_count": "Days",
            "before_day_count": "Days before",
            "before_null_rate": "Null rate before",
            "before_row_count": "Rows before",
        },
        note="The newest days on which the feature is measured, against those before them.",
    )


def _drift(page: Page) -> None:
    page.section("Drift", "Whether distributions look as they did: events and customers against the month before.")
    alarms = page.rows("data_quality/alarms")
    rows = page.rows("data_quality/drift")
    if not rows.height:
        page.empty("Nothing to compare yet: drift needs a calendar month before, with enough rows on both sides.")
        return
    _say_alarms(page, alarms)
    entities = [one for one in ENTITIES if one in set(rows["entity"])]
    with page.columns(*[1] * len(entities)) as places:
        for place, entity in zip(places, entities, strict=True):
            with place:
                _drift_chart(page, rows.filter(pl.col("entity") == entity), entity)
    if alarms.height:
        page.table(
            alarms.drop("alarm_count"),
            "Alarms",
            key="quality_alarms",
            mart="score_drift",
            note="The newest, at most 50.",
        )


def _say_alarms(page: Page, alarms: pl.DataFrame) -> None:
    if not alarms.height:
        page.good("No feature has drifted.")
        return
    newest, every = alarms.row(0, named=True), alarms["alarm_count"][0]
    alarm = "alarm" if every == 1 else "alarms"
    told = f"{every:,} {alarm} in all, the newest on {shown(newest['measured_on'])}: {label(newest['feature'])}."
    as_of = page.publication.as_of_date
    if as_of is not None and newest["measured_on"] >= as_of - timedelta(days=RECENT_DAYS):
        page.warn(told)
    else:
        page.note(f"{told} None in the {RECENT_DAYS} days before the as-of date.")


def _drift_chart(page: Page, rows: pl.DataFrame, entity: str) -> None:
    names = {one: label(one) for one in set(rows["feature"])}
    figure = figures.line(rows, "measured_on", "corrected_psi", split="feature", names=names, zero=False)
    figure.update_yaxes(tickformat=".3~f")
    page.chart(
        figure,
        rows.drop("entity"),
        ENTITIES[entity],
        key=f"quality_drift_{entity}",
        help=page.define("score_drift", "corrected_psi"),
        note="The highest of each week. Near 0: as before; less what chance makes of it, so it may be below 0.",
    )


def _volume(page: Page) -> None:
    page.section("Volume", "Days on which far more or far less came than on the same weekdays before.")
    subjects = page.rows("data_quality/subjects")
    if not subjects.height:
        page.empty("No day with rows yet.")
        return
    anomalies = page.rows("data_quality/anomalies")
    with page.filters():
        options = {row["subject_key"]: _subject(row) for row in subjects.iter_rows(named=True)}
        subject = page.choose("subject", "Subject", options)
    rows = page.rows("data_quality/volume", subject=subject)
    if rows.height > 1:
        page.chart(
            _volume_figure(rows),
            rows,
            f"Rows by day: {options[subject]}",
            key="quality_volume",
            help=page.define("volume_anomalies", "row_count"),
            note="Shaded: a day that is far off. The newest 365 days at most.",
            labels=VOLUME,
        )
    else:
        page.empty("One day only: a usual day shows after some weeks.")
    if anomalies.height:
        every = anomalies["anomaly_count"][0]
        page.table(
            anomalies.drop("anomaly_count"),
            "Days far off",
            key="quality_anomalies",
            mart="volume_anomalies",
            note=f"The newest {anomalies.height:,} of {every:,}." if every > anomalies.height else f"{every:,} in all.",
        )
    else:
        page.good("No day is far off.")


def _subject(row: Mapping) -> str:
    kind = SUBJECT_TYPES.get(row["subject_type"], row["subject_type"])
    name = kind if row["subject_type"] == "orders" else f"{row['subject']} ({kind})"
    return f"{name} · {row['anomaly_count']:,} far off" if row["anomaly_count"] else name


def _volume_figure(rows: pl.DataFrame) -> go.Figure:
    figure = figures.line(
        rows,
        "measured_on",
        list(VOLUME),
        names=VOLUME,
        colours={"row_count": theme.MAIN, "median_row_count": theme.BEFORE},
        of="count",
    )
    half = timedelta(hours=12)
    for row in rows.filter("is_anomaly").tail(MOST_MARKS).iter_rows(named=True):
        figures.shade(figure, row["measured_on"] - half, row["measured_on"] + half, row["direction"] or "")
    return figure


def _late(page: Page) -> None:
    page.section("Late arrivals", "How many of the events that arrive on a day are older than they should be.")
    rows = page.rows("data_quality/late", fewest=FEWEST)
    if not rows.height:
        page.empty("This source has no events with a day of arrival, so nothing can be late.")
        return
    known = rows.drop_nulls("late_rate")
    if not known.height:
        page.empty(f"No day with {FEWEST} events: a share of fewer would mislead.")
        return
    with page.columns(1, 1) as (left, right):
        with left:
            page.chart(
                figures.line(known, "landed_on", "late_rate"),
                rows,
                "Share of late events by day of arrival",
                key="quality_late",
                help=page.define("late_arrivals", "late_event_count"),
                note=f"Days up to the as-of date with {FEWEST} events or more.",
            )
        with right:
            page.chart(
                figures.bars(rows, "landed_on", "late_event_count"),
                rows.select("landed_on", "event_count", "late_event_count", "max_days_late", "touched_session_count"),
                "Late events by day of arrival",
                key="quality_late_events",
                help=page.define("late_arrivals", "touched_session_count"),
                note="After the as-of date only late events arrive." if _has_stragglers(page, rows) else "",
            )


def _has_stragglers(page: Page, rows: pl.DataFrame) -> bool:
    as_of = page.publication.as_of_date
    return as_of is not None and rows["landed_on"].max() > as_of


def _consistency(page: Page) -> None:
    page.section("Consistency", "Rows that are good by themselves and do not fit together. They are accepted.")
    rows = page.rows("data_quality/consistency", fewest=FEWEST)
    if not rows.height:
        page.empty("No checks in this version.")
        return
    odd = rows.filter(pl.col("failed_count") > 0).height
    page.table(
        rows,
        f"{odd:,} of {rows.height:,} checks find something" if odd else "No check finds anything",
        key="quality_consistency",
        mart="consistency_checks",
        note=f"No share of fewer than {FEWEST} rows. 0 checked: the source has nothing to compare.",
        labels={"description": "What is odd", "checked_count": "Checked", "failed_count": "Failed"},
    )


def _models(page: Page) -> None:
    page.section(
        "Models", "Whether what is predicted can be used: each model beside simple rules, and whether it cheats."
    )
    known = models(page)
    if not known:
        page.empty("No model was tried in this version.")
        return
    told = alarms(known)
    for alarm in told:
        page.warn(alarm)
    weak = [model for model in known.values() if model["verdict"] and not model["is_better"]]
    for model in weak:
        page.warn(f"{verdict(model)}.")
    if not told and not weak and any(model["verdict"] for model in known.values()):
        page.good("No alarm, and every trained model beats the best of some simple rules.")
    for prediction in known:
        if missing := why_missing(known, prediction):
            page.empty(missing)
    page.table(
        told_models(known),
        "Models of this version",
        key="quality_models",
        help=page.define("model_metrics"),
        labels=MODEL_LABELS,
    )
    page.link("How well each predicts", "predictions")


def _tables(page: Page) -> None:
    page.section("Tables")
    rows = page.rows("data_quality/tables")
    page.table(rows, "Rows of the published tables", key="quality_tables", height=320)
