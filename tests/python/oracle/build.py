"""From a landing folder to every mart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from oracle import commerce, cross_sell, customers, funnels, payments, quality, retention, risk
from oracle.core import Core, build_core
from oracle.entities import FATES, NO_LANDING_DAY, Entities, Landing, settle
from oracle.options import Options
from oracle.real_sources import read_olist, read_online_retail, read_rees46
from oracle.scores import SNAPSHOT_KEYS, states_on
from oracle.snapshots import snapshot_days
from oracle.storefront import read_storefront
from oracle.values import finished

READERS: dict[str, Callable[[Path, Options], Landing]] = {
    "storefront": read_storefront,
    "olist": read_olist,
    "rees46": read_rees46,
    "online_retail": read_online_retail,
}
SOURCES = tuple(READERS)
# Computed as doubles, though their names end like money.
MEANS = ("average_order_amount", "mean_following_amount", "high_value_threshold_amount")


def is_money(name: str) -> bool:
    """Whether a column holds ten-thousandths."""
    money = name in ("amount", "unit_price", "unit_cost", "unit_margin") or name.endswith("_amount")
    return money and name not in MEANS


def row_reconciliation(entities: Entities) -> pl.DataFrame:
    """Landed rows per table and day against their fates."""
    fates = entities.fates.with_columns(pl.col("landed_on").fill_null(NO_LANDING_DAY))
    counts = fates.group_by("source_table", "landed_on").agg(
        **{f"{fate}_count": (pl.col("fate") == fate).sum().cast(pl.Int64) for fate in FATES}
    )
    table = entities.landed.filter(pl.col("landed_count") > 0).join(
        counts, on=["source_table", "landed_on"], how="full", coalesce=True
    )
    names = ["landed_count", *(f"{fate}_count" for fate in FATES)]
    table = table.with_columns(pl.col(*names).fill_null(0))
    total = pl.sum_horizontal(names[1:])
    return table.with_columns(is_balanced=pl.col("landed_count") == total).select(
        "source_table", "landed_on", *names, "is_balanced"
    )


def quarantined_counts(entities: Entities) -> pl.DataFrame:
    """Refused rows per table, day and reasons."""
    return (
        entities.fates.filter(pl.col("fate") == "quarantined")
        .with_columns(pl.col("landed_on").fill_null(NO_LANDING_DAY))
        .group_by("source_table", "landed_on", rejection_reasons="reasons")
        .agg(row_count=pl.len().cast(pl.Int64))
    )


def read_entities(source: str, landing: Path, options: Options | None = None) -> Entities:
    """The conformed entities of a source, settled."""
    return settle(READERS[source](landing, options or Options.of_project()))


def _customer_marts(core: Core, now: customers.Today, options: Options) -> dict[str, pl.DataFrame]:
    gaps = risk.event_gaps(core, options)
    session_risk = risk.session_risk(core, gaps, options)
    ended = core.sessions.filter(pl.col("ended_at") < core.as_of).select("session_id")
    customer_risk = risk.customer_risk(session_risk.join(ended, on="session_id", how="semi"), gaps, options)
    return {
        "daily_kpis": commerce.daily_kpis(core, session_risk),
        "monthly_kpis": commerce.monthly_kpis(core, session_risk),
        "int_customers_snapshotted": now.facts.drop("gap_limit_days"),
        "int_customers_scored": now.scores.join(
            now.facts.select(*SNAPSHOT_KEYS, "gap_limit_days"), on=SNAPSHOT_KEYS, how="left"
        ),
        "customer_rfm": customers.customer_rfm(now),
        "segment_transitions": customers.segment_transitions(now),
        "customer_engagement": customers.customer_engagement(now),
        "customer_history": customers.customer_history(now),
        "customer_segments": customers.customer_segments(now),
        "customer_value_labels": customers.customer_value_labels(now),
        "at_risk_customers": customers.at_risk_customers(now),
        "customer_360": customers.customer_360(now, customer_risk),
        "customer_timeline": customers.customer_timeline(now),
        "category_affinities": customers.category_affinities(now),
        "demographics": customers.demographics(now),
        "retention_cohorts": retention.retention_cohorts(now),
        "customer_lifecycle": retention.customer_lifecycle(now),
        "activity_stickiness": retention.activity_stickiness(now),
        "session_risk": session_risk,
        "customer_risk": customer_risk,
    }


def _marts(core: Core, entities: Entities, options: Options) -> dict[str, pl.DataFrame]:
    conversions = funnels.funnel_conversions(core, options)
    affinity = cross_sell.product_affinity(core, options)
    products = commerce.product_performance(core)
    reconciliation = row_reconciliation(entities)
    now = customers.today(core, options)
    return {
        "dim_customers": core.customers,
        "dim_products": core.products,
        "fct_events": core.events,
        "fct_sessions": core.sessions,
        "fct_orders": core.orders,
        "fct_order_items": core.order_items,
        "fct_payments": core.payments,
        "funnel_stage_totals": funnels.funnel_stage_totals(core, options),
        "funnel_conversions": conversions,
        "funnel_drop_offs": funnels.funnel_drop_offs(conversions, options),
        "time_to_convert": funnels.time_to_convert(conversions, options),
        "session_paths": funnels.session_paths(core),
        "cart_abandonment": payments.cart_abandonment(core, options),
        "payment_outcomes": payments.payment_outcomes(core, options),
        "payment_failure_drivers": payments.payment_failure_drivers(core, options),
        "payment_recoveries": payments.payment_recoveries(core, options),
        "cross_sell_opportunities": cross_sell.cross_sell_opportunities(core, options),
        "product_affinity": affinity,
        "bundle_recommendations": cross_sell.bundle_recommendations(core, affinity),
        "product_performance": products,
        "category_performance": commerce.category_performance(core, products),
        "seller_performance": commerce.seller_performance(core),
        "delivery_performance": commerce.delivery_performance(core, options),
        **_customer_marts(core, now, options),
        "row_reconciliation": reconciliation,
        "quarantined_counts": quarantined_counts(entities),
        "score_drift": quality.score_drift(now),
        "volume_anomalies": quality.volume_anomalies(core, reconciliation, options),
        "late_arrivals": quality.late_arrivals(core, options),
        "consistency_checks": quality.consistency_checks(core, entities, options),
    }


def _finished(table: pl.DataFrame) -> pl.DataFrame:
    return finished(table, table.columns, [name for name in table.columns if is_money(name)])


def build_marts(source: str, landing: Path, options: Options | None = None) -> dict[str, pl.DataFrame]:
    """Every mart of a source, by name; `quarantined_counts` sums up `quarantined_rows`.

    The intermediate tables of the customers over time are there too.
    """
    options = options or Options.of_project()
    entities = read_entities(source, landing, options)
    marts = _marts(build_core(entities, options), entities, options)
    return {name: _finished(table) for name, table in marts.items()}


def snapshots(
    source: str, landing: Path, options: Options | None = None, days: Sequence[date] | None = None
) -> pl.DataFrame:
    """int_customers_snapshotted and int_customers_scored in one table, of any days: each as if it were today.

    Without days, those of the project: the month ends and the as-of day. `is_latest` is always true.
    """
    options = options or Options.of_project()
    core = build_core(read_entities(source, landing, options), options)
    if days is None:
        days = snapshot_days(core.first_date, core.as_of_date)
    return _finished(states_on(core, options, days))
