"""RFM, engagement, value and risk of leaving: how the customers of one snapshot compare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import polars as pl

from oracle.core import Core
from oracle.options import Options
from oracle.snapshots import CUSTOMER, FACT_COLUMNS, customer_facts, cut, ground_of, snapshot_days
from oracle.statistics import percentile_cont

MONEY_UNIT = 10_000
DECLINE_SNAPSHOTS = 3
SCORE_DIGITS = 12
SNAPSHOT_KEYS = [CUSTOMER, "snapshot_on", "snapshot_number", "is_latest"]
SCORE_COLUMNS = [
    "recency_score", "frequency_score", "monetary_score", "rfm_code", "rfm_segment", "recency_part",
    "order_frequency_part", "session_activity_part", "frequency_part", "monetary_part", "recency_contribution",
    "frequency_contribution", "monetary_contribution", "engagement_score", "engagement_rank", "customer_count",
    "engagement_percentile", "score_band", "is_at_risk", "engagement_segment", "engagement_status", "is_declining",
    "high_value_threshold_amount", "is_high_value", "is_engaged", "value_segment",
]  # fmt: skip
RFM_VALUES = {"recency_score": "recency_days", "frequency_score": "order_count", "monetary_score": "revenue_amount"}


def _rank_score(value: str, is_better_low: bool) -> pl.Expr:
    """1 to 5 by the value's rank among those who ordered, in whole numbers."""
    rank = pl.col(value).rank("min", descending=is_better_low).cast(pl.Int64)
    others = pl.len().cast(pl.Int64) - 1
    return pl.when(others > 0).then(pl.min_horizontal(5, 5 * (rank - 1) // others + 1)).otherwise(1)


def _quantile_score(table: pl.DataFrame, value: str, is_better_low: bool) -> pl.Expr:
    """1 to 5 by how many of the four thresholds lie below the value."""
    limits = [percentile_cont(table[value], share) for share in (0.2, 0.4, 0.6, 0.8)]
    above = pl.sum_horizontal((pl.col(value) > limit).cast(pl.Int64) for limit in limits if limit is not None)
    return 5 - above if is_better_low else 1 + above


def rfm(facts: pl.DataFrame, options: Options) -> pl.DataFrame:
    """Scores, code and segment of everybody who ordered."""
    buyers = facts.filter(pl.col("order_count") > 0)
    if options.rfm_method not in ("rank", "quantile"):
        raise ValueError(f"rfm_method {options.rfm_method}: rank or quantile")
    scores = {
        name: (
            _rank_score(value, value == "recency_days")
            if options.rfm_method == "rank"
            else _quantile_score(buyers, value, value == "recency_days")
        ).cast(pl.Int64)
        for name, value in RFM_VALUES.items()
    }
    code = pl.concat_str(list(RFM_VALUES))
    return (
        buyers.select(CUSTOMER, **scores)
        .with_columns(rfm_code=code)
        .with_columns(rfm_segment=pl.col("rfm_code").replace_strict(options.rfm_segments, return_dtype=pl.String))
    )


def scaled(values: pl.Series, options: Options, is_better_low: bool = False) -> pl.Series:
    """A part of the engagement score: 0 to 1 over the values given, 0 where they do not differ."""
    nothing = pl.repeat(0.0, len(values), dtype=pl.Float64, eager=True)
    if len(values) == 0:
        return nothing
    if options.engagement_scaling == "percentile":
        if len(values) == 1:
            return nothing
        return (values.rank("min", descending=is_better_low).cast(pl.Float64) - 1) / (len(values) - 1)
    if options.engagement_scaling != "min_max":
        raise ValueError(f"engagement_scaling {options.engagement_scaling}: min_max or percentile")
    cap = percentile_cont(values, options.engagement_cap_percentile)
    doubles = values.cast(pl.Float64)
    low = doubles.min()
    if cap <= low:  # it would level everybody: the cap of those who do something at all
        cap = percentile_cont(values.filter(values != 0), options.engagement_cap_percentile)
    top = doubles.max() if cap is None else min(doubles.max(), cap)
    if top <= low:
        return nothing
    part = (doubles.clip(upper_bound=top) - low) / (top - low)
    return 1 - part if is_better_low else part


def engagement(facts: pl.DataFrame, options: Options) -> pl.DataFrame:
    """The parts, the score and its place among the customers of the snapshot."""
    buyers = facts.filter(pl.col("order_count") > 0)
    recency = buyers.select(CUSTOMER, recency_part=scaled(buyers["recency_days"], options, is_better_low=True))
    table = facts.with_columns(
        order_frequency_part=scaled(facts["order_count_30_days"], options),
        session_activity_part=scaled(facts["session_count_30_days"], options),
        monetary_part=scaled(facts["revenue_amount"], options),
    ).join(recency, on=CUSTOMER, how="left")
    frequency = (pl.col("order_frequency_part") + pl.col("session_activity_part")) / 2
    table = table.with_columns(pl.col("recency_part").fill_null(0.0), frequency_part=frequency)
    table = table.with_columns(
        (pl.col(f"{part}_part") * weight).alias(f"{part}_contribution")
        for part, weight in options.engagement_weights.items()
    )
    score = pl.col("recency_contribution") + pl.col("frequency_contribution") + pl.col("monetary_contribution")
    others = pl.len().cast(pl.Int64) - 1
    place = (pl.col("engagement_rank") - 1).cast(pl.Float64) / others
    return (
        table.with_columns(engagement_score=score.round(SCORE_DIGITS))
        .with_columns(
            engagement_rank=exact_score().rank("min").cast(pl.Int64),
            customer_count=pl.len().cast(pl.Int64),
        )
        .with_columns(engagement_percentile=pl.when(others > 0).then(place).otherwise(0.0))
    )


def exact_score() -> pl.Expr:
    """The score without the noise of its sums: what is equal on paper ties, and reaches a bound."""
    return pl.col("engagement_score").round(SCORE_DIGITS)


def _bands(day: date, options: Options) -> dict[str, pl.Expr]:
    score = exact_score()
    band = (
        pl.when(score >= options.engagement_high_from)
        .then(pl.lit("High"))
        .when(score >= options.engagement_medium_from)
        .then(pl.lit("Medium"))
        .otherwise(pl.lit("Low"))
    )
    has_waited = (pl.col("recency_days") > pl.col("gap_limit_days")).fill_null(False)
    is_quiet = pl.col("session_count_30_days") <= options.at_risk_max_sessions
    is_visiting = (pl.lit(day) - pl.col("last_session_on")).dt.total_days() < options.active_days
    status = (
        pl.when((pl.col("recency_days") < options.active_days).fill_null(False))
        .then(pl.lit("Active"))
        .when(is_visiting.fill_null(False))
        .then(pl.lit("Browsing Only"))
        .otherwise(pl.lit("Not Active"))
    )
    return {
        "score_band": band,
        "is_at_risk": (pl.col("order_count") > 0) & has_waited & is_quiet,
        "engagement_status": status,
    }


def value_segment() -> pl.Expr:
    """The cell of the value matrix."""
    is_engaged, is_valuable = pl.col("is_engaged"), pl.col("is_high_value")
    return (
        pl.when(is_engaged & is_valuable)
        .then(pl.lit("VIP"))
        .when(is_engaged)
        .then(pl.lit("Converter-to-be"))
        .when(is_valuable)
        .then(pl.lit("At-risk VIP"))
        .otherwise(pl.lit("Dormant"))
    )


def declining(now: pl.DataFrame, then: pl.DataFrame | None, options: Options) -> pl.DataFrame:
    """Customers whose place fell by the drop or more, compared in whole numbers (`then`: three snapshots ago)."""
    if then is None:
        return now.select(CUSTOMER, is_declining=pl.lit(False))
    drop = Fraction(str(options.declining_drop))
    past = then.select(CUSTOMER, r0=pl.col("engagement_rank") - 1, n0=pl.col("customer_count") - 1)
    rank, others = pl.col("engagement_rank") - 1, pl.col("customer_count") - 1
    fell = pl.col("r0") * others - rank * pl.col("n0")
    is_declining = (
        (pl.col("n0") > 0) & (others > 0) & (fell * drop.denominator >= drop.numerator * pl.col("n0") * others)
    )
    return now.join(past, on=CUSTOMER, how="left").select(CUSTOMER, is_declining=is_declining.fill_null(False))


def customer_scores(facts: pl.DataFrame, day: date, then: pl.DataFrame | None, options: Options) -> pl.DataFrame:
    """int_customers_scored of one snapshot, without its dates."""
    revenue = facts.filter(pl.col("revenue_amount") > 0)["revenue_amount"]
    # Compared in ten-thousandths: Polars divides by a number with its rounded inverse.
    bound = percentile_cont(revenue, options.high_value_percentile)
    is_high = pl.lit(False) if bound is None else pl.col("revenue_amount") > bound
    threshold = percentile_cont(revenue, options.high_value_percentile, MONEY_UNIT)
    table = engagement(facts, options).join(rfm(facts, options), on=CUSTOMER, how="left")
    table = table.with_columns(
        pl.col("rfm_segment").fill_null("No Orders"),
        high_value_threshold_amount=pl.lit(threshold, dtype=pl.Float64),
        is_high_value=is_high,
        is_engaged=exact_score() >= options.engagement_high_cut,
        **_bands(day, options),
    ).with_columns(
        engagement_segment=pl.when("is_at_risk").then(pl.lit("At Risk")).otherwise("score_band"),
        value_segment=value_segment(),
    )
    return table.join(declining(table, then, options), on=CUSTOMER).select(CUSTOMER, *SCORE_COLUMNS)


def customer_states(core: Core, options: Options, last: date | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """int_customers_snapshotted and int_customers_scored, as if `last` (else the as-of day) were today."""
    ground = ground_of(core)
    days = snapshot_days(core.first_date, last or core.as_of_date)
    facts: list[pl.DataFrame] = []
    scores: list[pl.DataFrame] = []
    for number, day in enumerate(days, 1):
        known = customer_facts(cut(ground, day, options), options)
        then = scores[number - 1 - DECLINE_SNAPSHOTS] if number > DECLINE_SNAPSHOTS else None
        dates = {"snapshot_on": pl.lit(day), "snapshot_number": pl.lit(number, dtype=pl.Int64)}
        dates["is_latest"] = pl.lit(number == len(days))
        facts.append(known.with_columns(**dates))
        scores.append(customer_scores(known, day, then, options).with_columns(**dates))
    if not days:
        day = date(1970, 1, 1)
        known = customer_facts(cut(ground, day, options), options).clear()
        dates = {"snapshot_on": pl.lit(day), "snapshot_number": pl.lit(0, dtype=pl.Int64), "is_latest": pl.lit(True)}
        facts = [known.with_columns(**dates)]
        scores = [customer_scores(known, day, None, options).with_columns(**dates)]
    return (
        pl.concat(facts).select(*SNAPSHOT_KEYS, *FACT_COLUMNS),
        pl.concat(scores).select(*SNAPSHOT_KEYS, *SCORE_COLUMNS),
    )


def states_on(core: Core, options: Options, days: Sequence[date]) -> pl.DataFrame:
    """Facts and scores of each of these days, as they were when it was today."""
    parts = []
    for day in days:
        facts, scores = customer_states(core, options, day)
        joined = facts.join(scores, on=SNAPSHOT_KEYS)
        parts.append(joined.filter(pl.col("snapshot_on") == day))
    return pl.concat(parts)
