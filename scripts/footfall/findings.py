"""What a build found, in about ten lines of text."""

from __future__ import annotations

from pathlib import Path

import duckdb


def findings(database: Path, seconds: float) -> str:
    """The findings of the marts in `database` as text; `seconds` is how long they took to make."""
    with duckdb.connect(str(database), read_only=True) as connection:
        lines = [
            _volume(connection),
            _payments(connection),
            _driver(connection),
            _funnel(connection),
            _carts(connection),
            _cross_sell(connection),
            _revenue(connection),
            _customers(connection),
            _value(connection),
            _at_risk(connection),
            _predicted(connection),
            _quality(connection),
        ]
    title = f"What the files say ({seconds:.0f} s, as of {_as_of(database)})"
    body = "\n".join(f"  {line}" for line in lines if line)
    return f"{title}\n{body}\n{_where_to_look(database)}"


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple | None:
    return connection.execute(query).fetchone()


def _as_of(database: Path) -> str:
    with duckdb.connect(str(database), read_only=True) as connection:
        row = _row(connection, "select as_of_date from intermediate.int_as_of_dates")
    return str(row[0]) if row and row[0] else "no date: nothing was accepted"


def _volume(connection: duckdb.DuckDBPyConnection) -> str:
    sessions, visitors, events, single = _row(
        connection,
        """
        select
            count(*),
            count(distinct visitor_id),
            coalesce(sum(event_count), 0),
            avg(case when is_single_event then 1.0 else 0.0 end)
        from marts.fct_sessions
        """,
    )
    if not sessions:
        return "Sessions        none: this source has no events"
    return f"Sessions        {sessions:,} by {visitors:,} visitors, {events:,} events; {single:.1%} have one event only"


def _payments(connection: duckdb.DuckDBPyConnection) -> str:
    row = _row(
        connection,
        """
        select approval_rate, attempt_count, approval_rate_low, approval_rate_high
        from marts.payment_outcomes
        where breakdown = 'all'
        """,
    )
    if not row or not row[1]:
        return "Payments        none: this source has no attempts to pay"
    rate, attempts, low, high = row
    return f"Payments        {rate:.1%} of {attempts:,} attempts approved (95 % interval {low:.1%} to {high:.1%})"


def _driver(connection: duckdb.DuckDBPyConnection) -> str:
    row = _row(
        connection,
        """
        select breakdown, breakdown_value, failure_rate, rest_failure_rate, excess_failed_count, failing_from, failing_to
        from marts.payment_failure_drivers
        where is_significant
        order by driver_rank, slice_id
        limit 1
        """,
    )
    if not row:
        return ""
    breakdown, value, rate, rest, excess, first, last = row
    return (
        f"  main cause    {breakdown} = {value}: {rate:.0%} fail against {rest:.0%} of the rest, "
        f"{excess:,.0f} failures too many, {first} to {last}"
    )


def _funnel(connection: duckdb.DuckDBPyConnection) -> str:
    steps = connection.execute(
        """
        select step_name, reached_count, overall_rate
        from marts.funnel_drop_offs
        where funnel = 'payment' and unit = 'session' and breakdown = 'all'
        order by step_number
        """
    ).fetchall()
    if not steps:
        return ""
    walked = " > ".join(f"{name} {count:,} ({rate:.1%})" for name, count, rate in steps)
    return f"Funnel          {walked}"


def _carts(connection: duckdb.DuckDBPyConnection) -> str:
    abandoned, carts, amount, recovered = _row(
        connection,
        """
        select
            count(*) filter (where is_abandoned),
            count(*),
            sum(cart_amount) filter (where is_abandoned and not is_recovered),
            count(*) filter (where is_recovered)
        from marts.cart_abandonment
        where is_mature
        """,
    )
    if not carts:
        return ""
    return (
        f"Carts           {abandoned / carts:.1%} of {carts:,} abandoned, {recovered:,} came back within the window, "
        f"{amount or 0:,.0f} left behind"
    )


def _cross_sell(connection: duckdb.DuckDBPyConnection) -> str:
    row = _row(
        connection,
        """
        select anchor_product_name, product_name, viewer_count, anchor_customer_count, revenue_at_stake_amount
        from marts.cross_sell_opportunities
        where customer_group = 'all' and revenue_at_stake_amount is not null
        order by revenue_at_stake_amount desc, viewer_count desc, anchor_product_id, product_id
        limit 1
        """,
    )
    if not row:
        return ""
    anchor, product, viewers, customers, amount = row
    return (
        f"Cross-sell      {viewers:,} of {customers:,} who took '{anchor}' looked at '{product}' "
        f"and never took it: {amount:,.0f} at stake"
    )


def _revenue(connection: duckdb.DuckDBPyConnection) -> str:
    row = _row(
        connection,
        """
        select sum(order_count), sum(revenue_amount), sum(first_order_count)
        from marts.daily_kpis
        """,
    )
    if not row or not row[0]:
        return ""
    orders, revenue, first = row
    return f"Sales           {orders:,} orders worth {revenue:,.2f}, {first:,} of them a customer's first"


def _customers(connection: duckdb.DuckDBPyConnection) -> str:
    """Who is there and how lively: the first line on the health of the customer base."""
    row = _row(
        connection,
        """
        select
            count(*) filter (where is_latest),
            count(*) filter (where is_latest and order_count > 0),
            avg(case when engagement_status = 'Active' then 1.0 else 0.0 end) filter (where is_latest),
            avg(case when engagement_status = 'Browsing Only' then 1.0 else 0.0 end) filter (where is_latest),
            avg(engagement_score) filter (where is_latest),
            (
                select avg(engagement_score) from marts.customer_history
                where snapshot_on = (
                    select max(snapshot_on) from marts.customer_history where not is_latest
                )
            )
        from marts.customer_history
        """,
    )
    if not row or not row[0]:
        return ""
    known, ordered, active, browsing, score, before = row
    trend = "" if before is None else f" ({score - before:+.3f} since the last month end)"
    return (
        f"Customers       {known:,} known, {ordered:,} have ordered; {active:.1%} active, {browsing:.1%} only browse, "
        f"{1 - active - browsing:.1%} do neither; mean engagement {score:.3f}{trend}"
    )


def _value(connection: duckdb.DuckDBPyConnection) -> str:
    row = _row(
        connection,
        """
        select
            count(*) filter (where is_high_value),
            max(high_value_threshold_amount),
            sum(revenue_amount) filter (where is_high_value) / nullif(sum(revenue_amount), 0),
            count(*) filter (where revenue_decile = 1),
            sum(revenue_amount) filter (where revenue_decile = 1) / nullif(sum(revenue_amount), 0)
        from marts.customer_value_labels
        """,
    )
    if not row or not row[0]:
        return ""
    count, threshold, share, top, top_share = row
    return (
        f"  value         {count:,} high-value customers (more than {threshold:,.2f} each) bring {share:.0%} of the revenue, "
        f"the top tenth ({top:,}) {top_share:.0%}"
    )


def _at_risk(connection: duckdb.DuckDBPyConnection) -> str:
    row = _row(
        connection,
        """
        select
            count(*),
            count(*) filter (where is_high_value),
            coalesce(sum(revenue_at_risk_amount), 0),
            (select count(*) from marts.customer_rfm where order_count > 0),
            (
                select count(*) filter (where is_at_risk) from marts.customer_history
                where not is_latest
                group by snapshot_on
                order by snapshot_on desc
                limit 1
            )
        from marts.at_risk_customers
        """,
    )
    if not row or not row[3]:
        return ""
    count, valuable, amount, buyers, before = row
    trend = "" if before is None else f", {count - before:+,} since the last month end"
    return (
        f"  at risk       {count:,} ({count / buyers:.1%} of the buyers{trend}), "
        f"{valuable:,} of them high-value: {amount:,.0f} of revenue at risk"
    )


def _predicted(connection: duckdb.DuckDBPyConnection) -> str:
    """What is likely to come, and which models there was too little history for."""
    churning, buyers, without, purchases, known, within, revenue, days = _row(
        connection,
        """
        select
            (select sum(churn_probability) from marts.churn_predictions),
            (select count(*) from marts.churn_predictions),
            (select max(horizon_days) from marts.churn_predictions),
            (select sum(purchase_probability) from marts.next_purchase_predictions),
            (select count(*) from marts.next_purchase_predictions),
            (select max(horizon_days) from marts.next_purchase_predictions),
            (select sum(forecast_amount) from marts.revenue_forecast),
            (select count(*) from marts.revenue_forecast)
        """,
    )
    skipped = connection.execute(
        "select prediction from marts.model_metrics where role = 'skipped' order by prediction"
    ).fetchall()
    told = []
    if buyers:
        told.append(f"{churning:,.0f} of {buyers:,} recent buyers will not order within {without} days")
    if known:
        told.append(f"{purchases:,.0f} of all {known:,} customers will within {within}")
    if days:
        told.append(f"revenue of {days} days {revenue:,.0f}")
    if skipped:
        told.append(f"too little history for {', '.join(name.replace('_', ' ') for (name,) in skipped)}")
    return f"Predicted       {'; '.join(told)}" if told else ""


def _quality(connection: duckdb.DuckDBPyConnection) -> str:
    landed, accepted, quarantined, duplicates, superseded, unbalanced = _row(
        connection,
        """
        select
            coalesce(sum(landed_count), 0), coalesce(sum(accepted_count), 0), coalesce(sum(quarantined_count), 0),
            coalesce(sum(duplicate_count), 0), coalesce(sum(superseded_count), 0),
            count(*) filter (where not is_balanced)
        from marts.row_reconciliation
        """,
    )
    verdict = "nothing is lost" if not unbalanced else f"{unbalanced} table-days do not add up"
    return (
        f"Rows            {landed:,} landed = {accepted:,} accepted + {quarantined:,} quarantined + "
        f"{duplicates:,} duplicates + {superseded:,} superseded: {verdict}"
    )


def _where_to_look(database: Path) -> str:
    return "\n".join(
        [
            "Go on",
            "  make dashboard   (all of it, to look at: http://localhost:8501)",
            f'  .venv/bin/duckdb -readonly {database} "from marts.payment_failure_drivers order by driver_rank limit 10"',
            f"  .venv/bin/duckdb -readonly {database} < analyses/05_why_do_payments_fail.sql   (25 questions with answers)",
            "  make docs   (every table and column on one page)",
        ]
    )
