"""The marts about customers, today and over the snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from oracle.core import Core
from oracle.options import Options
from oracle.scores import SNAPSHOT_KEYS, customer_states
from oracle.snapshots import (
    CUSTOMER,
    FACT_COLUMNS,
    Ground,
    count,
    cut,
    days_between,
    ground_of,
    interest,
    order_gaps,
    rows,
)
from oracle.statistics import ranks, ratio

SCHEMES = {"rfm": "rfm_segment", "engagement": "engagement_segment", "value": "value_segment"}
CONTRIBUTIONS = ("recency_contribution", "frequency_contribution", "monetary_contribution")
QUIET_DAYS = 30


@dataclass
class Today:
    """The as-of day: what is known on it, and every snapshot up to it."""

    core: Core
    options: Options
    known: Ground
    facts: pl.DataFrame
    scores: pl.DataFrame

    @property
    def day(self) -> date:
        """The as-of day."""
        return self.known.day

    @property
    def snapshots(self) -> pl.DataFrame:
        """Facts and scores of every snapshot."""
        return self.facts.join(self.scores, on=SNAPSHOT_KEYS)

    @property
    def latest(self) -> pl.DataFrame:
        """Facts and scores of the as-of day."""
        return self.snapshots.filter("is_latest").with_columns(as_of_date="snapshot_on")


def today(core: Core, options: Options) -> Today:
    """Everything that the customer marts start from."""
    ground = ground_of(core)
    facts, scores = customer_states(core, options)
    return Today(core, options, cut(ground, ground.day, options), facts, scores)


def _segment_shares(segment: str) -> list[pl.Expr]:
    """A segment's customers, revenue and share of all revenue."""
    revenue = pl.col("revenue_amount").sum()
    total = pl.when(revenue != 0).then(revenue.cast(pl.Float64))
    return [
        pl.len().over(segment).cast(pl.Int64).alias("segment_customer_count"),
        revenue.over(segment).alias("segment_revenue_amount"),
        (revenue.over(segment).cast(pl.Float64) / total).alias("segment_revenue_share_rate"),
        (pl.col("revenue_amount").cast(pl.Float64) / total).alias("revenue_share_rate"),
    ]


def customer_rfm(now: Today) -> pl.DataFrame:
    """One row per customer, with what the segment brings."""
    return now.latest.with_columns(_segment_shares("rfm_segment")).select(
        CUSTOMER, "as_of_date", "recency_days", "order_count", "revenue_amount", "recency_score", "frequency_score",
        "monetary_score", "rfm_code", "rfm_segment", "revenue_share_rate", "segment_customer_count",
        "segment_revenue_amount", "segment_revenue_share_rate",
    )  # fmt: skip


def segment_transitions(now: Today) -> pl.DataFrame:
    """From each snapshot to the next, how many customers went from where to where."""
    dates = now.scores.select("snapshot_on", "snapshot_number").unique()
    earlier = dates.select(previous_snapshot_on="snapshot_on", snapshot_number=pl.col("snapshot_number") + 1)
    parts = []
    for scheme, column in SCHEMES.items():
        after = now.scores.select(CUSTOMER, "snapshot_on", "snapshot_number", to_segment=column)
        before = now.scores.select(CUSTOMER, snapshot_number=pl.col("snapshot_number") + 1, from_segment=column)
        moves = after.join(earlier, on="snapshot_number").join(before, on=[CUSTOMER, "snapshot_number"], how="left")
        by = ["snapshot_on", "previous_snapshot_on", "from_segment", "to_segment"]
        table = moves.with_columns(pl.col("from_segment").fill_null("New")).group_by(by).agg(customer_count=rows())
        left = pl.col("customer_count").sum().over("snapshot_on", "from_segment")
        parts.append(table.with_columns(scheme=pl.lit(scheme), left=left))
    table = pl.concat(parts).with_columns(share_rate=ratio("customer_count", "left"))
    return table.select(
        "scheme", "snapshot_on", "from_segment", "to_segment", "previous_snapshot_on", "customer_count", "share_rate"
    )


def _with_changes(snapshots: pl.DataFrame) -> pl.DataFrame:
    """Each customer's score and contributions against the snapshot before."""
    names = ("engagement_score", *CONTRIBUTIONS)
    before = snapshots.select(
        CUSTOMER,
        snapshot_number=pl.col("snapshot_number") + 1,
        **{f"previous_{name}": pl.col(name) for name in names},
    )
    return snapshots.join(before, on=[CUSTOMER, "snapshot_number"], how="left").with_columns(
        (pl.col(name) - pl.col(f"previous_{name}")).alias(f"{name}_change") for name in names
    )


def customer_engagement(now: Today) -> pl.DataFrame:
    """The score of today, its parts, and how it changed."""
    table = _with_changes(now.scores).filter("is_latest")
    return table.select(
        CUSTOMER, "recency_part", "order_frequency_part", "session_activity_part", "frequency_part", "monetary_part",
        *CONTRIBUTIONS, "engagement_score", "engagement_percentile", "score_band", "engagement_segment",
        "engagement_status", "is_at_risk", "is_declining", "previous_engagement_score", "engagement_score_change",
        *(f"{name}_change" for name in CONTRIBUTIONS), as_of_date="snapshot_on",
    )  # fmt: skip


def customer_history(now: Today) -> pl.DataFrame:
    """Every snapshot of every customer."""
    return _with_changes(now.snapshots).select(
        CUSTOMER, "snapshot_on", "is_latest", "engagement_score", "engagement_percentile", "engagement_segment",
        "engagement_status", "rfm_code", "rfm_segment", "value_segment", "is_high_value", "is_at_risk",
        "is_declining", "order_count", "revenue_amount", "recency_days", "session_count_30_days",
        "engagement_score_change",
    )  # fmt: skip


def customer_segments(now: Today) -> pl.DataFrame:
    """The value matrix."""
    return now.latest.with_columns(_segment_shares("value_segment")).select(
        CUSTOMER, "as_of_date", "engagement_score", "is_engaged", "revenue_amount", "is_high_value", "value_segment",
        "segment_customer_count", "segment_revenue_amount", "segment_revenue_share_rate",
    )  # fmt: skip


def customer_value_labels(now: Today) -> pl.DataFrame:
    """Where each customer stands on the Pareto curve; nowhere without revenue."""
    latest = now.latest
    paying = latest.filter(pl.col("revenue_amount") > 0).select(CUSTOMER, "revenue_amount")
    paying = paying.with_columns(revenue_rank=ranks(paying, ["revenue_amount"]), paying_count=rows())
    # Equal revenues stand at one point of the curve: its upper end.
    steps = (
        paying.group_by("revenue_amount")
        .agg(at=rows())
        .sort("revenue_amount", descending=True)
        .with_columns(
            reached_count=pl.col("at").cum_sum(),
            cumulative_revenue_amount=(pl.col("at") * pl.col("revenue_amount")).cum_sum(),
            total=(pl.col("at") * pl.col("revenue_amount")).sum(),
        )
    )
    tenth = 10 * (pl.col("revenue_rank") - 1) // pl.col("paying_count") + 1
    paying = paying.join(steps, on="revenue_amount").with_columns(
        revenue_decile=pl.min_horizontal(10, tenth),
        cumulative_customer_share_rate=ratio("reached_count", "paying_count"),
        cumulative_revenue_share_rate=ratio("cumulative_revenue_amount", "total"),
    )
    return latest.join(paying.drop("revenue_amount"), on=CUSTOMER, how="left").select(
        CUSTOMER, "as_of_date", "order_count", "revenue_amount", "high_value_threshold_amount", "is_high_value",
        "revenue_rank", "revenue_decile", "cumulative_customer_share_rate", "cumulative_revenue_amount",
        "cumulative_revenue_share_rate",
    )  # fmt: skip


def _busy_until(sessions: pl.DataFrame, options: Options) -> pl.DataFrame:
    """The last day on which the 30 days up to it held more sessions than a customer at risk has."""
    days = sessions.select(
        CUSTOMER, day=pl.date_ranges("ended_on", pl.col("ended_on") + pl.duration(days=QUIET_DAYS - 1))
    )
    per_day = days.explode("day", empty_as_null=False).group_by(CUSTOMER, "day").agg(sessions=rows())
    busy = per_day.filter(pl.col("sessions") > options.at_risk_max_sessions)
    return busy.group_by(CUSTOMER).agg(busy_until_on=pl.col("day").max())


def _gap_percentiles(customers: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """The share of the gaps that the present wait has reached: of the own ones, else of everybody's."""
    is_own = pl.col("is_own_rhythm")
    own = (
        customers.filter(is_own)
        .select(CUSTOMER, "recency_days")
        .join(gaps, on=CUSTOMER)
        .group_by(CUSTOMER)
        .agg(gap_percentile_rate=(pl.col("gap_days") <= pl.col("recency_days")).mean())
    )
    usual = gaps["gap_days"].sort()
    waits = customers.filter(~is_own).select(CUSTOMER, "recency_days")
    reached = usual.search_sorted(waits["recency_days"], side="right") if waits.height else pl.Series(dtype=pl.UInt32)
    others = waits.select(CUSTOMER, gap_percentile_rate=reached.cast(pl.Float64) / max(usual.len(), 1))
    return pl.concat([own, others])


def _risk_reasons() -> pl.Expr:
    sessions = pl.col("session_count_30_days")
    visits = (
        pl.when(sessions == 0)
        .then(pl.lit("no session in 30 days"))
        .when(sessions == 1)
        .then(pl.lit("one session in 30 days"))
        .otherwise(pl.concat_str(sessions.cast(pl.String), pl.lit(" sessions in 30 days")))
    )
    rhythm = pl.when("is_own_rhythm").then(pl.lit("own")).otherwise(pl.lit("usual"))
    waited = pl.concat_str(pl.lit("longer than the "), rhythm, pl.lit(" rhythm"))
    declines = pl.when("is_declining").then(pl.lit("declining engagement"))
    return pl.concat_str(waited, visits, declines, separator=", ", ignore_nulls=True)


def at_risk_customers(now: Today) -> pl.DataFrame:
    """Who is about to leave, since when and what goes with them."""
    table = now.latest.filter("is_at_risk").with_columns(is_own_rhythm=pl.col("own_gap_limit_days").is_not_null())
    people = now.core.customers.select(CUSTOMER, "customer_name", "email", "country")
    sessions = now.known.sessions.join(table.select(CUSTOMER), on=CUSTOMER, how="semi")
    for part in (people, _busy_until(sessions, now.options), _gap_percentiles(table, order_gaps(now.known))):
        table = table.join(part, on=CUSTOMER, how="left")
    overdue = pl.col("last_ordered_on") + pl.duration(days=pl.col("gap_limit_days").floor().cast(pl.Int64) + 1)
    since = pl.max_horizontal(overdue, pl.col("busy_until_on") + pl.duration(days=1))
    age = days_between(pl.col("ordered_on"), pl.lit(now.day))
    credits = (
        now.known.orders.filter(
            pl.col("is_returned") & (pl.col("order_amount") < 0) & (age < now.options.revenue_at_risk_days)
        )
        .group_by(CUSTOMER)
        .agg(credited=-pl.col("order_amount").sum())
    )
    left = pl.col("recent_revenue_amount") - pl.col("credited").fill_null(0)
    table = table.join(credits, on=CUSTOMER, how="left").with_columns(
        at_risk_since_on=since, revenue_at_risk_amount=pl.when(left > 0).then(left).otherwise(0 * left)
    )
    return table.with_columns(
        at_risk_days=days_between(pl.col("at_risk_since_on"), pl.lit(now.day)),
        risk_reasons=_risk_reasons(),
        priority=pl.when(pl.col("revenue_at_risk_amount") <= 0)
        .then(pl.lit("green"))
        .when("is_high_value")
        .then(pl.lit("red"))
        .when(pl.col("order_count") >= 2)
        .then(pl.lit("yellow"))
        .otherwise(pl.lit("green")),
        target_rank=ranks(table, ["revenue_at_risk_amount"]),
    ).select(
        CUSTOMER, "customer_name", "email", "country", "as_of_date", "engagement_score", "value_segment",
        "rfm_segment", "is_high_value", "order_count", "revenue_amount", "last_ordered_on", "recency_days",
        "gap_limit_days", "is_own_rhythm", "gap_percentile_rate", "last_session_on", "session_count_30_days",
        "at_risk_since_on", "at_risk_days", "is_declining", "risk_reasons", "revenue_at_risk_amount", "priority",
        "target_rank",
    )  # fmt: skip


def customer_360(now: Today, customer_risk: pl.DataFrame) -> pl.DataFrame:
    """One wide row per customer."""
    people = now.core.customers.select(
        CUSTOMER, "customer_name", "email", "gender", "birth_year", "country", "region", "city", "signed_up_at",
        "is_inferred",
    )  # fmt: skip
    risk = customer_risk.filter(pl.col(CUSTOMER).is_not_null()).select(
        CUSTOMER, "rapid_event_rate", "is_likely_bot", "is_impulsive", "risk_level"
    )
    table = now.latest.join(people, on=CUSTOMER).join(risk, on=CUSTOMER, how="left")
    return table.with_columns(
        pl.col("is_likely_bot", "is_impulsive").fill_null(False), pl.col("risk_level").fill_null("low")
    ).select(
        *people.columns, "as_of_date", *FACT_COLUMNS, "recency_score", "frequency_score", "monetary_score", "rfm_code",
        "rfm_segment", "engagement_score", "engagement_percentile", "score_band", "engagement_segment",
        "engagement_status", "is_high_value", "value_segment", "is_at_risk", "is_declining", "rapid_event_rate",
        "is_likely_bot", "is_impulsive", "risk_level",
    )  # fmt: skip


def customer_timeline(now: Today) -> pl.DataFrame:
    """The newest things that happened to each customer."""
    known, text = now.known, pl.String
    nothing = {"amount": pl.lit(None, dtype=pl.Int64)}

    def counted_words(name: str, words: str) -> pl.Expr:
        return pl.concat_str(pl.col(name).cast(text), pl.lit(words))

    parts = {
        "order": known.orders.select(
            CUSTOMER,
            occurred_at="ordered_at",
            activity_id="order_id",
            title=pl.lit("Order ")
            + pl.when((pl.col("status") == "returned") & ~pl.col("is_returned"))
            .then(pl.lit("placed"))
            .when((pl.col("status") == "canceled") & ~pl.col("is_canceled"))
            .then(pl.lit("placed"))
            .otherwise("status"),
            amount="order_amount",
            detail=counted_words("item_count", " items"),
        ),
        "session": known.sessions.select(
            CUSTOMER,
            occurred_at="started_at",
            activity_id="session_id",
            title=pl.lit("Visit: ") + counted_words("event_count", " events"),
            detail="device_type",
            **nothing,
        ),
        "payment": known.payments.select(
            CUSTOMER,
            "amount",
            occurred_at="attempted_at",
            activity_id="payment_id",
            title=pl.lit("Payment ") + pl.col("result"),
            detail="failure_reason",
        ),
        "review": known.reviews.select(
            CUSTOMER,
            occurred_at="reviewed_at",
            activity_id="review_id",
            title=pl.lit("Review: ") + counted_words("score", " of 5"),
            detail="order_id",
            **nothing,
        ),
    }
    columns = [CUSTOMER, "occurred_at", "activity", "activity_id", "title", "amount", "detail"]
    table = pl.concat(part.with_columns(activity=pl.lit(name)).select(columns) for name, part in parts.items())
    table = table.filter(pl.col("occurred_at") < now.core.as_of).sort(
        [CUSTOMER, "occurred_at", "activity", "activity_id"], descending=[False, True, False, False]
    )
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(CUSTOMER)
    table = table.with_columns(timeline_number=number)
    return table.filter(pl.col("timeline_number") <= now.options.timeline_max_rows).select(
        CUSTOMER, "timeline_number", *columns[1:]
    )


def category_affinities(now: Today) -> pl.DataFrame:
    """What each customer likes, and how much more than everybody."""
    table = interest(now.known)
    weight = pl.col("interest_count")
    table = table.with_columns(
        own=weight.sum().over(CUSTOMER),
        theirs=weight.sum().over("category"),
        everything=weight.sum(),
        affinity_rank=ranks(table, ["interest_count"], [CUSTOMER]),
    ).with_columns(share_rate=ratio("interest_count", "own"), overall_share_rate=ratio("theirs", "everything"))
    return table.with_columns(lift=ratio("share_rate", "overall_share_rate")).select(
        CUSTOMER, "category", "view_count", "add_to_cart_count", "order_line_count", "interest_count", "share_rate",
        "overall_share_rate", "lift", "affinity_rank",
    )  # fmt: skip


def age_band(age: pl.Expr) -> pl.Expr:
    """The band of an age in years; ages nobody has are unknown."""
    bands = ("under 18", "18 to 24", "25 to 34", "35 to 44", "45 to 54", "55 to 64")
    band = pl.when(age.is_null() | (age < 0) | (age > 120)).then(pl.lit("unknown"))
    for bound, name in zip((18, 25, 35, 45, 55, 65), bands, strict=True):
        band = band.when(age < bound).then(pl.lit(name))
    return band.otherwise(pl.lit("65 and over"))


def demographics(now: Today) -> pl.DataFrame:
    """How customers of each country, region, gender and age do."""
    people = now.core.customers.select(CUSTOMER, "country", "region", "gender", "birth_year")
    age = now.day.year - pl.col("birth_year")
    table = now.latest.join(people, on=CUSTOMER).with_columns(age_band=age_band(age))
    total = table["revenue_amount"].sum()
    parts = [
        table.group_by(dimension_value=pl.col(dimension).fill_null("unknown")).agg(
            dimension=pl.lit(dimension),
            customer_count=rows(),
            ordering_customer_count=count(pl.col("order_count") > 0),
            order_count=pl.col("order_count").sum(),
            revenue_amount=pl.col("revenue_amount").sum(),
            mean_engagement_score=pl.col("engagement_score").mean(),
            high_value_rate=pl.col("is_high_value").mean(),
            at_risk_rate=pl.col("is_at_risk").mean(),
            active_rate=(pl.col("engagement_status") == "Active").mean(),
        )
        for dimension in ("country", "region", "gender", "age_band")
    ]
    return (
        pl.concat(parts)
        .with_columns(total=pl.lit(total, dtype=pl.Int64))
        .with_columns(
            revenue_share_rate=ratio("revenue_amount", "total"),
            average_order_amount=ratio("revenue_amount", "order_count") / 10_000.0,
        )
        .select(
            "dimension", "dimension_value", "customer_count", "ordering_customer_count", "order_count",
            "revenue_amount", "revenue_share_rate", "average_order_amount", "mean_engagement_score",
            "high_value_rate", "at_risk_rate", "active_rate",
        )
    )  # fmt: skip
