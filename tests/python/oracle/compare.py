"""Two tables side by side: which keys are missing, and where cells differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

KEYS: dict[str, tuple[str, ...]] = {
    "dim_customers": ("customer_id",),
    "dim_products": ("product_id",),
    "fct_events": ("event_id",),
    "fct_sessions": ("session_id",),
    "fct_orders": ("order_id",),
    "fct_order_items": ("order_item_id",),
    "fct_payments": ("payment_id",),
    "funnel_stage_totals": ("funnel", "step_number"),
    "funnel_conversions": ("funnel", "unit", "unit_id", "scope_value"),
    "funnel_drop_offs": ("funnel", "unit", "breakdown", "breakdown_value", "step_number"),
    "time_to_convert": ("funnel", "unit", "step_number"),
    "session_paths": ("step_number", "step_name", "next_step_name"),
    "cart_abandonment": ("session_id",),
    "payment_outcomes": ("breakdown", "breakdown_value"),
    "payment_failure_drivers": ("slice_id",),
    "payment_recoveries": ("order_id",),
    "cross_sell_opportunities": ("anchor_product_id", "product_id", "customer_group"),
    "product_affinity": ("product_id", "paired_product_id"),
    "bundle_recommendations": ("product_id", "paired_product_id"),
    "daily_kpis": ("kpi_date",),
    "monthly_kpis": ("kpi_month",),
    "product_performance": ("product_id",),
    "category_performance": ("category",),
    "seller_performance": ("seller_id",),
    "delivery_performance": ("delay_band",),
    "customer_rfm": ("customer_id",),
    "segment_transitions": ("scheme", "snapshot_on", "from_segment", "to_segment"),
    "customer_engagement": ("customer_id",),
    "customer_history": ("customer_id", "snapshot_on"),
    "customer_segments": ("customer_id",),
    "customer_value_labels": ("customer_id",),
    "at_risk_customers": ("customer_id",),
    "customer_360": ("customer_id",),
    "customer_timeline": ("customer_id", "timeline_number"),
    "retention_cohorts": ("cohort_month", "months_since"),
    "customer_lifecycle": ("activity", "period", "period_start"),
    "activity_stickiness": ("unit", "activity_date"),
    "category_affinities": ("customer_id", "category"),
    "demographics": ("dimension", "dimension_value"),
    "session_risk": ("session_id",),
    "customer_risk": ("shopper_id",),
    "row_reconciliation": ("source_table", "landed_on"),
    "quarantined_counts": ("source_table", "landed_on", "rejection_reasons"),
    "score_drift": ("feature", "measured_on"),
    "volume_anomalies": ("subject_type", "subject", "measured_on"),
    "late_arrivals": ("landed_on",),
    "consistency_checks": ("check_name",),
}
# Tables that are no marts, but that so much rests on that they are compared too.
INTERMEDIATE_KEYS: dict[str, tuple[str, ...]] = {
    "int_customers_snapshotted": ("customer_id", "snapshot_on"),
    "int_customers_scored": ("customer_id", "snapshot_on"),
}
# Prose that only the model can know.
PROSE = {"consistency_checks": ("subject", "description")}
LINEAGE = ("_source_file", "_landed_on", "_ingested_at")
HALF_A_UNIT = 0.5001e-4


def mart_keys(mart: str) -> tuple[str, ...]:
    """The key of a mart or an intermediate table."""
    return (KEYS | INTERMEDIATE_KEYS)[mart]


@dataclass
class Comparison:
    """What differs; falsy when nothing does."""

    lines: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __str__(self) -> str:
        return "\n".join(self.lines) if self.lines else "equal"


def _is_close(actual: pl.Series, expected: pl.Series, tolerance: float) -> pl.Series:
    """Equal within the tolerance, absolute or relative; NULL equals NULL, NaN equals nothing."""
    one, other = actual.cast(pl.Float64), expected.cast(pl.Float64)
    scale = pl.max_horizontal(pl.lit(1.0), pl.col("one").abs(), pl.col("other").abs())
    frame = pl.DataFrame({"one": one, "other": other})
    near = (pl.col("one") - pl.col("other")).abs() <= tolerance * scale
    both = pl.col("one").is_null() & pl.col("other").is_null()
    return frame.select(pl.when(both).then(True).otherwise(near.fill_null(False))).to_series()


def _is_equal(actual: pl.Series, expected: pl.Series, tolerance: float) -> pl.Series:
    fixed = isinstance(actual.dtype, pl.Decimal), isinstance(expected.dtype, pl.Decimal)
    if all(fixed):
        wide = pl.Decimal(38, max(actual.dtype.scale, expected.dtype.scale))
        return actual.cast(wide).eq_missing(expected.cast(wide))
    if any(fixed):  # a double that is stored as a decimal is rounded
        same = _is_close(actual, expected, tolerance)
        rounded = _rounding(actual, expected)
        return same | rounded
    if actual.dtype.is_float() or expected.dtype.is_float():
        return _is_close(actual, expected, tolerance)
    if actual.dtype.is_integer() and expected.dtype.is_integer():
        return actual.cast(pl.Int128).eq_missing(expected.cast(pl.Int128))
    if expected.dtype == pl.Date and isinstance(actual.dtype, pl.Datetime):
        return actual.eq_missing(expected.cast(actual.dtype))
    if isinstance(expected.dtype, pl.Datetime):
        kind = pl.Datetime("us")
        naive = actual.dt.replace_time_zone(None) if actual.dtype != pl.Date else actual
        return naive.cast(kind).eq_missing(expected.cast(kind))
    return actual.cast(pl.String).eq_missing(expected.cast(pl.String))


def _rounding(actual: pl.Series, expected: pl.Series) -> pl.Series:
    gap = (actual.cast(pl.Float64) - expected.cast(pl.Float64)).abs()
    return (gap <= HALF_A_UNIT).fill_null(False)


def _show(rows: pl.DataFrame, limit: int) -> str:
    return "; ".join(
        ", ".join(f"{name}={value!r}" for name, value in row.items()) for row in rows.head(limit).to_dicts()
    )


def _keyed(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Keys as text where they are no dates, so that both sides have one type."""
    return frame.with_columns(
        pl.col(name).cast(pl.Int64)
        if frame.schema[name].is_integer()
        else pl.col(name).cast(pl.Date if frame.schema[name].is_temporal() else pl.String)
        for name in keys
    )


def compare(
    actual: pl.DataFrame,
    expected: pl.DataFrame,
    keys: Sequence[str],
    float_tol: float = 1e-9,
    tolerances: Mapping[str, float] | None = None,
    ignore: Sequence[str] = (),
    limit: int = 3,
) -> Comparison:
    """The differences between a table and what it should be.

    `tolerances` gives single columns another one than `float_tol`; `ignore` leaves columns out.
    """
    report = Comparison()
    tolerances = tolerances or {}
    skipped = {*LINEAGE, *ignore}
    missing = [name for name in expected.columns if name not in actual.columns and name not in skipped]
    extra = [name for name in actual.columns if name not in expected.columns and name not in skipped]
    if missing:
        report.lines.append(f"columns missing: {', '.join(missing)}")
    if extra:
        report.lines.append(f"columns not expected: {', '.join(extra)}")
    keys = list(keys)
    if any(name not in actual.columns for name in keys):
        return report
    actual, expected = _keyed(actual, keys), _keyed(expected, keys)
    for label, frame in (("actual", actual), ("expected", expected)):
        twice = frame.group_by(keys).len().filter(pl.col("len") > 1)
        if twice.height:
            report.lines.append(f"{label}: {twice.height} keys twice: {_show(twice, limit)}")
    lost = expected.join(actual, on=keys, how="anti", nulls_equal=True)
    surplus = actual.join(expected, on=keys, how="anti", nulls_equal=True)
    if lost.height:
        report.lines.append(f"{lost.height} of {expected.height} keys missing: {_show(lost.select(keys), limit)}")
    if surplus.height:
        report.lines.append(
            f"{surplus.height} of {actual.height} keys not expected: {_show(surplus.select(keys), limit)}"
        )
    shared = [name for name in expected.columns if name in actual.columns and name not in keys and name not in skipped]
    both = actual.select(*keys, *shared).join(
        expected.select(*keys, *(pl.col(name).alias(f"{name}|expected") for name in shared)),
        on=keys,
        nulls_equal=True,
    )
    for name in shared:
        tolerance = tolerances.get(name, float_tol)
        same = _is_equal(both[name], both[f"{name}|expected"], tolerance)
        wrong = both.filter(~same)
        if wrong.height:
            cells = wrong.select(*keys, name, f"{name}|expected").sort(keys)
            report.lines.append(f"{name}: {wrong.height} of {both.height} differ: {_show(cells, limit)}")
    return report


def as_lines(frame: pl.DataFrame, without: str, columns: Sequence[str]) -> pl.DataFrame:
    """Rows told apart by what they say and not by a made-up id: columns as text, and a number."""
    told = [name for name in columns if name != without and name not in LINEAGE]
    texts = frame.select(
        (
            pl.col(name).cast(pl.Datetime("us"))
            if isinstance(frame.schema[name], pl.Datetime)
            else pl.col(name).cast(pl.Decimal(38, 4))
            if isinstance(frame.schema[name], pl.Decimal)
            else pl.col(name)
        )
        .cast(pl.String)
        .fill_null("NULL")
        for name in told
    )
    return texts.with_columns(occurrence=pl.int_range(pl.len()).over(told))
