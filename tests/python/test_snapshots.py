"""A snapshot says what was known then: today's marts are the last one, and an earlier one is what a build of that day would have said."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from conftest import Dbt

SNAPSHOT_ON = date(2025, 2, 28)
# The column of a landed table that says when its row was known; lines of orders are known with their order.
KNOWN_AT = {
    "clickstream": "event_at",
    "cart_events": "event_at",
    "payment_attempts": "attempted_at",
    "customers": "coalesce(updated_at, signed_up_at)",
    "products": "updated_at",
    "orders": "coalesce(updated_at, ordered_at)",
    "reviews": "reviewed_at",
}
CUSTOMER_MODELS = (
    "+customer_360",
    "+at_risk_customers",
    "+customer_timeline",
    "+retention_cohorts",
    "+daily_kpis",
    "+int_customer_features_snapshotted",
)
# Attributes have no times: they are the newest.
NEWEST = (
    "signed_up_days",
    "country",
    "region",
    "gender",
    "age",
    "main_category",
    "last_category",
    "main_viewed_category",
    "category_count",
)
TODAY = {
    "customer_rfm": ("order_count", "revenue_amount", "recency_days", "rfm_code", "rfm_segment"),
    "customer_engagement": (
        "engagement_score",
        "engagement_segment",
        "engagement_status",
        "is_at_risk",
        "is_declining",
    ),
    "customer_segments": ("engagement_score", "value_segment", "is_high_value"),
    "customer_value_labels": ("revenue_amount", "is_high_value"),
    "customer_360": ("order_count", "session_count_30_days", "engagement_score", "rfm_code", "value_segment"),
}


@pytest.fixture(scope="module")
def built(build: Callable[[str], Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{build('storefront')}' as built (read_only)")
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


@pytest.mark.parametrize("mart", TODAY)
def test_todays_marts_are_the_last_snapshot(built: duckdb.DuckDBPyConnection, mart: str) -> None:
    columns = ", ".join(TODAY[mart])
    different = rows(
        built,
        f"""
        with snapshot as (
            select customer_id, {columns}
            from built.intermediate.int_customers_snapshotted
            inner join built.intermediate.int_customers_scored using (customer_id, snapshot_on, snapshot_number, is_latest)
            where is_latest
        ), today as (select customer_id, {columns} from built.marts.{mart})
        (select * from snapshot except all select * from today)
        union all
        (select * from today except all select * from snapshot)
        limit 5
        """,
    )
    assert different == []


def test_at_risk_customers_are_those_of_the_last_snapshot(built: duckdb.DuckDBPyConnection) -> None:
    different = rows(
        built,
        """
        with snapshot as (
            select customer_id from built.intermediate.int_customers_scored where is_latest and is_at_risk
        ), listed as (select customer_id from built.marts.at_risk_customers)
        (select * from snapshot except all select * from listed) union all (select * from listed except all select * from snapshot)
        """,
    )
    assert different == []
    assert rows(built, "select count(*) > 0 from built.marts.at_risk_customers") == [(True,)]


def test_everybody_known_is_in_every_snapshot_from_the_first_on(built: duckdb.DuckDBPyConnection) -> None:
    """Inactive customers do not drop out, and nobody comes twice."""
    gaps = rows(
        built,
        """
        select customer_id, count(*), max(snapshot_number) - min(snapshot_number) + 1
        from built.intermediate.int_customers_snapshotted
        group by customer_id
        having count(*) <> max(snapshot_number) - min(snapshot_number) + 1
            or max(snapshot_number) <> (select max(snapshot_number) from built.intermediate.int_snapshot_dates)
        limit 5
        """,
    )
    assert gaps == []
    missing = rows(
        built,
        """
        select count(*) from built.marts.dim_customers as customers
        where
            coalesce(signed_up_at <= (select as_of_moment from built.intermediate.int_as_of_dates), true)
            and not exists (
                select 1 from built.marts.customer_360 as known where known.customer_id = customers.customer_id
            )
        """,
    )
    assert missing == [(0,)]


@pytest.fixture(scope="module")
def as_of_then(generated_landing: Path, dbt_for: Callable[..., Dbt]) -> Path:
    """The same files, looked at from an earlier day."""
    dbt = dbt_for(generated_landing, as_of_date=SNAPSHOT_ON.isoformat())
    done = dbt("build", "-s", *CUSTOMER_MODELS, "--exclude", "resource_type:unit_test", "resource_type:test")
    assert done.returncode == 0, done.output[-4000:]
    return dbt.database


def test_an_earlier_as_of_date_gives_the_earlier_snapshot(built: duckdb.DuckDBPyConnection, as_of_then: Path) -> None:
    """Facts and scores, of everybody: what lies after the as-of date does not show."""
    built.execute(f"attach if not exists '{as_of_then}' as earlier (read_only)")
    for model in ("int_customers_snapshotted", "int_customers_scored"):
        different = rows(
            built,
            f"""
            with snapshot as (
                select * exclude (is_latest) from built.intermediate.{model} where snapshot_on = date '{SNAPSHOT_ON}'
            ), latest as (select * exclude (is_latest) from earlier.intermediate.{model} where is_latest)
            (select * from snapshot except all select * from latest)
            union all
            (select * from latest except all select * from snapshot)
            limit 5
            """,
        )
        assert different == []
    assert rows(built, "select count(*) > 100 from earlier.intermediate.int_customers_scored where is_latest") == [
        (True,)
    ]


def test_no_mart_of_today_shows_a_later_day(built: duckdb.DuckDBPyConnection, as_of_then: Path) -> None:
    """Orders undone later are sales still, and are not called returned yet; visits of later days judge nobody."""
    built.execute(f"attach if not exists '{as_of_then}' as earlier (read_only)")
    moment = f"timestamp '{SNAPSHOT_ON + timedelta(days=1)}'"
    assert rows(built, f"select count(*) from earlier.marts.customer_timeline where occurred_at >= {moment}") == [(0,)]
    later = f"""
        select orders.order_id from built.intermediate.int_orders_completed as orders
        where orders.ordered_at < {moment} and orders.counted_until >= {moment} and orders.customer_id is not null
    """
    assert rows(built, f"select count(*) > 0 from ({later})") == [(True,)]
    titles = f"""
        select distinct title from earlier.marts.customer_timeline
        where activity = 'order' and activity_id in ({later})
    """
    assert rows(built, titles) == [("Order placed",)]
    known, counted = rows(
        built,
        f"""
        select sum(session_count), (
            select count(*) from earlier.marts.fct_sessions where ended_at < {moment} and customer_id is not null
        )
        from earlier.marts.customer_risk where customer_id is not null
        """,
    )[0]
    assert known == counted


@pytest.mark.parametrize("database", ["built", "earlier"])
def test_customers_and_kpis_tell_the_same_sales(
    built: duckdb.DuckDBPyConnection, as_of_then: Path, database: str
) -> None:
    """Orders and revenue of all customers, and of guests, are those of the days."""
    built.execute(f"attach if not exists '{as_of_then}' as earlier (read_only)")
    told = rows(
        built,
        f"""
        select
            (select sum(order_count) from {database}.marts.customer_360) + count(*) filter (where customer_id is null),
            (select sum(order_count) from {database}.marts.daily_kpis),
            (select sum(revenue_amount) from {database}.marts.customer_360)
            + coalesce(sum(order_amount) filter (where customer_id is null), 0),
            (select sum(revenue_amount) from {database}.marts.daily_kpis)
        from {database}.marts.fct_orders
        where is_counted
        """,
    )[0]
    assert told[0] == told[1] > 0
    assert told[2] == told[3] > 0


def cut_landing(landing: Path, folder: Path) -> Path:
    """A landing with the rows that were known at the end of SNAPSHOT_ON, by their own times."""
    moment = f"timestamptz '{SNAPSHOT_ON + timedelta(days=1)} 00:00:00+00'"
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    root = landing / "storefront"
    for table, known_at in KNOWN_AT.items():
        files = f"from read_parquet('{root / table}/*/*.parquet', hive_partitioning = true, union_by_name = true)"
        lines = sorted((root / table).glob("*/*.jsonl"))
        if lines:
            files = f"""from (
                select * {files}
                union all by name
                select * from read_json('{root / table}/*/*.jsonl', format = 'newline_delimited', ignore_errors = true,
                    hive_partitioning = true, hive_types = {{'landed_on': DATE}}, columns = {_columns(connection, files)})
            )"""
        target = folder / "storefront" / table
        target.mkdir(parents=True)
        connection.execute(
            f"""
            copy (select * {files} where coalesce(try_cast({known_at} as timestamptz) < {moment}, true))
            to '{target}' (format parquet, partition_by (landed_on), overwrite_or_ignore)
            """
        )
    target = folder / "storefront" / "order_items"
    target.mkdir()
    connection.execute(
        f"""
        copy (
            select * from read_parquet('{root}/order_items/*/*.parquet', hive_partitioning = true)
            where order_id in (select order_id from read_parquet('{folder}/storefront/orders/*/*.parquet'))
        ) to '{target}' (format parquet, partition_by (landed_on), overwrite_or_ignore)
        """
    )
    return folder


def _columns(connection: duckdb.DuckDBPyConnection, files: str) -> str:
    described = connection.execute(f"describe select * {files}").fetchall()
    return "{" + ", ".join(f"'{name}': 'VARCHAR'" for name, *_ in described if name != "landed_on") + "}"


@pytest.fixture(scope="module")
def built_then(generated_landing: Path, dbt_for: Callable[..., Dbt], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build on that day would have made, from the rows of that day."""
    landing = cut_landing(generated_landing, tmp_path_factory.mktemp("cut"))
    dbt = dbt_for(landing, as_of_date=SNAPSHOT_ON.isoformat())
    done = dbt("build", "-s", *CUSTOMER_MODELS, "--exclude", "resource_type:unit_test", "resource_type:test")
    assert done.returncode == 0, done.output[-4000:]
    shutil.rmtree(landing)
    return dbt.database


def unlike_in_a_cut() -> str:
    """Customers in the middle of a visit at midnight, and those with an order whose first version was refused, as SQL."""
    moment = f"timestamp '{SNAPSHOT_ON + timedelta(days=1)}'"
    return f"""(
        select customer_id from built.marts.fct_sessions where started_at < {moment} and ended_at >= {moment}
        union
        select orders.customer_id from built.marts.fct_orders as orders
        where
            orders.ordered_at < {moment}
            and not exists (
                select 1 from cut.intermediate.int_orders_completed as known where known.order_id = orders.order_id
            )
    )"""


def differing(built: duckdb.DuckDBPyConnection, then: str, cut: str) -> list[tuple]:
    """Rows of one query that the other does not give, both ways, with where they are from."""
    return rows(
        built,
        f"""
        with then_known as ({then}), cut_known as ({cut})
        (select 'then', * from then_known except all select 'then', * from cut_known)
        union all
        (select 'cut', * from cut_known except all select 'cut', * from then_known)
        order by 2
        limit 4
        """,
    )


def test_a_snapshot_is_what_a_build_of_that_day_says(
    built: duckdb.DuckDBPyConnection, built_then: Path, as_of_then: Path
) -> None:
    """Facts of the customers whose devices had one owner, known by then, and nobody in the middle of a visit at midnight.

    Of the others a later login names earlier visits: identities are those known to the build. An order whose first version was
    refused is known to the cut only when the next one lands.
    """
    built.execute(f"attach if not exists '{built_then}' as cut (read_only)")
    built.execute(f"attach if not exists '{as_of_then}' as earlier (read_only)")
    moment = f"timestamp '{SNAPSHOT_ON + timedelta(days=1)}'"
    simple = f"""
        select customer_id from built.intermediate.int_customers_snapshotted where snapshot_on = date '{SNAPSHOT_ON}'
        except
        select customer_id from built.intermediate.int_visitors_identified
        where
            identified_at >= {moment}
            or visitor_id in (
                select visitor_id from built.intermediate.int_visitors_identified group by visitor_id having count(*) > 1
            )
        except {unlike_in_a_cut()}
    """
    those = f"customer_id in ({simple})"
    assert (
        differing(
            built,
            f"select * exclude (is_latest) from built.intermediate.int_customers_snapshotted where snapshot_on = date '{SNAPSHOT_ON}' and {those}",
            f"select * exclude (is_latest) from cut.intermediate.int_customers_snapshotted where is_latest and {those}",
        )
        == []
    )
    timeline = (
        "select customer_id, occurred_at, activity, activity_id, amount from {}.marts.customer_timeline where " + those
    )
    assert differing(built, timeline.format("earlier"), timeline.format("cut")) == []
    share = rows(
        built,
        f"""
        select (select count(*) from ({simple})) / count(*) from built.intermediate.int_customers_snapshotted
        where snapshot_on = date '{SNAPSHOT_ON}'
        """,
    )[0][0]
    assert share > 0.5, "too few simple customers for the comparison to mean much"


def test_features_are_what_was_known_on_that_day(built: duckdb.DuckDBPyConnection, built_then: Path) -> None:
    """Nothing that models look at tells of later: not even whose a device turned out to be.

    Left aside are those in the middle of a visit at midnight, and orders whose first version was refused.
    """
    built.execute(f"attach if not exists '{built_then}' as cut (read_only)")
    columns = f"* exclude (snapshot_number, is_latest, {', '.join(NEWEST)})"
    compared = f"""
        select customer_id from built.intermediate.int_customer_features_snapshotted where snapshot_on = date '{SNAPSHOT_ON}'
        union
        select customer_id from cut.intermediate.int_customer_features_snapshotted where is_latest
        except {unlike_in_a_cut()}
    """
    features = f"select {columns} from {{}}.intermediate.int_customer_features_snapshotted where customer_id in ({compared}) and {{}}"
    then = features.format("built", f"snapshot_on = date '{SNAPSHOT_ON}'")
    assert differing(built, then, features.format("cut", "is_latest")) == []
    assert rows(built, f"select count(*) > 100 from ({compared})") == [(True,)]
    # Products are the newest, and with them categories; how many views are known is of the day.
    views = f"""
        select customer_id, sum(known_view_count) as known_view_count
        from {{}}.intermediate.int_customer_categories_counted
        where customer_id in ({compared}) and counted_on <= date '{SNAPSHOT_ON}' and known_view_count > 0
        group by customer_id
    """
    assert differing(built, views.format("built"), views.format("cut")) == []


def test_the_category_viewed_most_is_counted_from_views_known_by_then(built: duckdb.DuckDBPyConnection) -> None:
    """Of every snapshot, from events, owners and products."""
    from_views = """
        with views as (
            select
                features.customer_id,
                features.snapshot_on,
                coalesce(products.category, 'unknown') as category,
                count(*) as view_count
            from built.intermediate.int_customer_features_snapshotted as features
            inner join built.intermediate.int_visitors_identified as owners on features.customer_id = owners.customer_id
            inner join built.marts.fct_events as events
                on
                    owners.visitor_id = events.visitor_id
                    and events.event_at >= owners.valid_from
                    and events.event_at < owners.valid_to
            inner join built.marts.dim_products as products on events.product_id = products.product_id
            where
                events.event_type = 'product_view'
                and not products.is_service_line
                and events.event_at < features.snapshot_on + interval 1 day
                and owners.identified_at < features.snapshot_on + interval 1 day
            group by all
        )
        from views
        select customer_id, snapshot_on, category
        qualify row_number() over (partition by customer_id, snapshot_on order by view_count desc, category desc) = 1
    """
    told = """
        select customer_id, snapshot_on, main_viewed_category
        from built.intermediate.int_customer_features_snapshotted
        where main_viewed_category is not null
    """
    assert differing(built, told, from_views) == []
    assert rows(built, f"select count(*) > 1000 from ({told})") == [(True,)]
