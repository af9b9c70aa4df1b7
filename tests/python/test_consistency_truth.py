"""consistency_checks counts the contradictions that the generator planted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest


@pytest.fixture(scope="module")
def connection(build: Callable[[str], Path], generated_landing: Path) -> duckdb.DuckDBPyConnection:
    """The built database with a view `planted` of the accepted faults."""
    found = duckdb.connect()
    found.execute(f"attach '{build('storefront')}' as built (read_only)")
    found.execute(
        f"""
        create view planted as
        select fault, "table" as source_table, row_key
        from read_parquet('{generated_landing}/_truth/storefront/faults.parquet')
        where expected_fate = 'accepted'
        """
    )
    found.execute("use built.marts")
    return found


def failed(connection: duckdb.DuckDBPyConnection, check: str) -> int:
    """How many rows fail a check."""
    query = "select failed_count from consistency_checks where check_name = ?"
    return connection.execute(query, [check]).fetchall()[0][0]


def counted(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number of a query, which must not be 0: else there was nothing to find."""
    number = connection.execute(query).fetchall()[0][0]
    assert number > 0, query
    return number


def test_late_signups(connection: duckdb.DuckDBPyConnection) -> None:
    """All of them who were ever seen on a device: somebody without an event has no last one."""
    planted = counted(
        connection,
        """
        select count(distinct planted.row_key)
        from memory.planted
        inner join fct_events on planted.row_key = fct_events.customer_id
        where planted.fault = 'signup_after_last_event'
        """,
    )
    assert failed(connection, "signups_after_last_event") == planted


def test_orders_before_signup(connection: duckdb.DuckDBPyConnection) -> None:
    """The planted ones, and all orders of the planted late sign-ups."""
    planted = counted(
        connection,
        """
        select count(*)
        from fct_orders
        where
            order_id in (
                select row_key from memory.planted where fault = 'order_before_signup' and source_table = 'orders'
            )
            or customer_id in (select row_key from memory.planted where fault = 'signup_after_last_event')
        """,
    )
    assert failed(connection, "orders_before_signup") == planted


def test_orders_that_never_landed(connection: duckdb.DuckDBPyConnection) -> None:
    planted = counted(connection, "select count(*) from memory.planted where fault = 'orphan_order'")
    assert failed(connection, "inferred_orders") == planted


@pytest.mark.parametrize(
    "check",
    [
        "orders_after_as_of_date",
        "paid_orders_without_items",
        "item_sum_differs_from_order",
        "order_amount_differs_from_parts",
        "reviews_before_delivery",
        "deliveries_before_order",
        "payments_differ_from_order",
        "orders_of_unknown_status",
    ],
)
def test_what_was_not_planted_is_not_found(connection: duckdb.DuckDBPyConnection, check: str) -> None:
    query = "select checked_count, failed_count from consistency_checks where check_name = ?"
    ((checked, failures),) = connection.execute(query, [check]).fetchall()
    assert checked > 0
    assert failures == 0
