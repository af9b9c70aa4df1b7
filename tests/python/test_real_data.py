"""The real files give the figures that were counted on the files themselves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import REAL_SOURCES


@pytest.fixture(scope="module")
def row(build: Callable[[str], Path]) -> Callable[[str, str], tuple]:
    """row(source, query): the single row of a query on the source's database."""

    def fetch(source: str, query: str) -> tuple:
        with duckdb.connect(str(build(source)), read_only=True) as connection:
            rows = connection.execute(query).fetchall()
        assert len(rows) == 1
        return rows[0]

    return fetch


FATES = """
    select
        sum(landed_count), sum(accepted_count), sum(quarantined_count), sum(duplicate_count), sum(superseded_count),
        bool_and(is_balanced)
    from marts.row_reconciliation
    where source_table = '{}'
"""


@pytest.mark.parametrize(
    ("source", "table", "landed", "accepted", "quarantined", "duplicates", "superseded"),
    [
        ("online_retail", "invoice_lines", 541_909, 536_639, 2, 5_268, 0),
        ("rees46", "events", 17_434, 17_429, 0, 5, 0),
        ("olist", "orders", 10_000, 10_000, 0, 0, 0),
        ("olist", "order_items", 11_513, 11_513, 0, 0, 0),
        ("olist", "payments", 10_415, 10_415, 0, 0, 0),
        ("olist", "customers", 10_000, 9_957, 0, 39, 4),
        ("olist", "products", 32_951, 32_951, 0, 0, 0),
        ("olist", "sellers", 3_095, 3_095, 0, 0, 0),
        ("olist", "category_translation", 71, 71, 0, 0, 0),
    ],
)
def test_every_landed_row_has_its_fate(
    row: Callable[[str, str], tuple],
    source: str,
    table: str,
    landed: int,
    accepted: int,
    quarantined: int,
    duplicates: int,
    superseded: int,
) -> None:
    assert row(source, FATES.format(table)) == (landed, accepted, quarantined, duplicates, superseded, True)


def test_online_retail_lines_of_known_customers(row: Callable[[str, str], tuple]) -> None:
    """With a customer, a positive quantity and a positive price, duplicates set aside."""
    found = row(
        "online_retail",
        """
        select count(*), round(sum(amount), 2), count(distinct customer_id), count(distinct order_id)
        from marts.fct_order_items
        where customer_id is not null and quantity > 0 and unit_price > 0
        """,
    )
    assert found == (392_692, Decimal("8887208.89"), 4_338, 18_532)


def test_online_retail_lines_with_duplicates(row: Callable[[str, str], tuple]) -> None:
    """The same with the duplicates: they are set aside with their content, not lost."""
    found = row(
        "online_retail",
        """
        with lines as (
            select fated.quantity, fated.unit_price, fated.amount, orders.customer_id
            from intermediate.int_order_items_fated as fated
            inner join marts.fct_orders as orders on fated.order_id = orders.order_id
            where fated._fate in ('accepted', 'duplicate')
        )

        select count(*), round(sum(amount), 2), count(distinct customer_id)
        from lines
        where customer_id is not null and quantity > 0 and unit_price > 0
        """,
    )
    assert found == (397_884, Decimal("8911407.90"), 4_338)


def test_olist_amounts_and_people(row: Callable[[str, str], tuple]) -> None:
    assert row("olist", "select sum(amount), sum(shipping_amount) from marts.fct_order_items") == (
        Decimal("1389602.03"),
        Decimal("230918.16"),
    )
    assert row("olist", "select sum(amount) from marts.fct_payments") == (Decimal("1620649.63"),)
    assert row("olist", "select count(*), count(distinct customer_id) from marts.fct_orders where is_counted") == (
        10_000,
        9_957,
    )
    categories = "select count(distinct category), count(*) filter (where category is null) from marts.dim_products"
    assert row("olist", categories) == (73, 610)


def test_rees46_events(row: Callable[[str, str], tuple]) -> None:
    """The file has 17,055 views, 165 carts and 214 purchases; five of the rows are copies."""
    found = row(
        "rees46",
        """
        select
            count(*) filter (where event_type = 'product_view'),
            count(*) filter (where event_type = 'add_to_cart'),
            count(*) filter (where event_type = 'order_placed'),
            count(distinct visitor_id)
        from marts.fct_events
        """,
    )
    assert found == (17_051, 164, 214, 4_504)


@pytest.mark.parametrize("source", REAL_SOURCES)
def test_nothing_is_inferred_in_complete_files(row: Callable[[str, str], tuple], source: str) -> None:
    members = """
        select
            (select count(*) from marts.dim_customers where is_inferred)
            + (select count(*) from marts.dim_products where is_inferred)
            + (select count(*) from marts.fct_orders where is_inferred)
    """
    assert row(source, members) == (0,)


@pytest.mark.parametrize("source", ["olist", "online_retail"])
def test_a_source_without_events_has_empty_event_marts(row: Callable[[str, str], tuple], source: str) -> None:
    assert row(source, "select count(*) from marts.fct_sessions") == (0,)
    assert row(source, "select count(*) from marts.funnel_conversions") == (0,)
    assert row(source, "select max(event_count) from marts.funnel_stage_totals") == (0,)
