"""What single pages of the dashboard show, held against the marts: by another query, or by rows changed in a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from footfall.publish import CURRENT

pytest.importorskip("streamlit", reason="the dashboard's packages are not installed: run `make test`")
import plotly.graph_objects as go
from shown_pages import Recorder, answer, copied, customer_with_orders

from dashboard.contents import VIEWS
from dashboard.formats import kind
from dashboard.names import distinct_names
from dashboard.queries import Serving, open_current

Opened = Callable[[str], Serving]
ServingFor = Callable[[str], Path]
NOT_OVER = "not over yet"
ALIKE = "the-very-same-beginning-of-each-id-"


class Shown(Recorder):
    """A page that also remembers its figures and its words."""

    def __init__(self, serving: Serving, name: str, choices: dict[str, str]) -> None:
        super().__init__(serving, name, choices)
        self.figures: dict[str, go.Figure] = {}
        self.titles: dict[str, str] = {}
        self.words: dict[str, dict[str, object]] = {}

    def chart(self, figure, rows, title, *, key, **more):
        self.figures[key], self.titles[key], self.words[key] = figure, title, more
        super().chart(figure, rows, title, key=key, **more)

    def table(self, rows, title, *, key, **more):
        self.titles[key], self.words[key] = title, more
        super().table(rows, title, key=key, **more)

    def note_of(self, key: str) -> str:
        return str(self.words[key].get("note", ""))

    def help_of(self, key: str) -> str:
        return str(self.words[key].get("help", ""))


def shown(serving: Serving, name: str, **choices: str) -> Shown:
    page = Shown(serving, name, choices)
    next(view for view in VIEWS if view.name == name).show(page)
    return page


def changed(serving_for: ServingFor, to: Path, *statements: str, source: str = "storefront") -> Serving:
    """A copy of a source's version after some changes."""
    to.mkdir(exist_ok=True)
    folder = copied(serving_for(source), to)
    with duckdb.connect(str(folder / CURRENT)) as connection:
        for statement in statements:
            connection.execute(statement)
    return open_current(folder)


def rows_of(serving: Serving, query: str) -> list[tuple]:
    with duckdb.connect(str(serving.path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def annotations(figure: go.Figure) -> Iterable[str]:
    return [one.text for one in figure.layout.annotations]


# --- overview ---------------------------------------------------------------------------------------------------------


def test_overview_has_no_approval_rate_where_only_approved_payments_are_told(
    serving_for: ServingFor, tmp_path: Path
) -> None:
    serving = changed(serving_for, tmp_path, "update marts.payment_outcomes set failed_count = 0")
    rate = shown(serving, "overview").found["Approval rate"]
    assert (rate.value, rate.before) == (None, None)
    assert rate.detail == "this source tells approved payments only"


def test_overview_of_olist_has_no_approval_rate(opened: Opened) -> None:
    serving = opened("olist")
    assert answer(serving, "select sum(payment_attempt_count) from marts.daily_kpis") > 0
    assert answer(serving, "select count(*) from marts.fct_payments where not is_approved") == 0
    for period in ("30", "90", "365", "all"):
        rate = shown(serving, "overview", period=period).found["Approval rate"]
        assert (rate.value, rate.before, rate.detail) == (None, None, "this source tells approved payments only")


def test_overview_of_a_source_without_visits_has_no_sessions_per_customer(opened: Opened) -> None:
    sessions = shown(opened("online_retail"), "overview").found["Sessions per customer, 30 days"]
    assert (sessions.value, sessions.before, sessions.detail) == (None, None, "no visits in this source")


def test_overview_tells_sessions_per_customer(opened: Opened) -> None:
    serving = opened("storefront")
    mean = answer(serving, "select avg(session_count_30_days) from marts.customer_360")
    sessions = shown(serving, "overview").found["Sessions per customer, 30 days"]
    assert sessions.value == pytest.approx(mean)
    assert sessions.detail == ""


@pytest.mark.parametrize(("days_left", "is_shaded"), [(0, False), (1, True)])
def test_overview_and_at_risk_shade_a_month_only_while_it_lasts(
    days_left: int, is_shaded: bool, serving_for: ServingFor, tmp_path: Path
) -> None:
    moved = f"last_day(snapshot_on) - {days_left}"
    serving = changed(
        serving_for,
        tmp_path,
        f"update marts.customer_history set snapshot_on = {moved} where is_latest",
    )
    for name, keys in (
        ("overview", ("overview_score_trend", "overview_at_risk_trend")),
        ("at_risk", ("at_risk_count_trend", "at_risk_rate_trend")),
    ):
        page = shown(serving, name)
        assert [NOT_OVER in annotations(page.figures[key]) for key in keys] == [is_shaded] * 2


# --- commerce ---------------------------------------------------------------------------------------------------------


def test_commerce_ranks_no_service_lines(opened: Opened) -> None:
    serving = opened("online_retail")
    best = rows_of(
        serving,
        """
        select items.product_id, sum(items.amount)
        from marts.fct_order_items as items
        where items.is_counted and items.quantity > 0
            and not exists (
                select 1 from marts.dim_products as products
                where products.product_id = items.product_id and products.is_service_line
            )
        group by 1
        order by 2 desc, 1
        limit 15
        """,
    )
    page = shown(serving, "commerce")
    assert page.frames["commerce_items"].select("item", "revenue_amount").rows() == best
    services = {one for (one,) in rows_of(serving, "select product_id from marts.dim_products where is_service_line")}
    assert "DOT" in services and not services & set(page.frames["commerce_item_table"]["item"])
    [(count, share)] = rows_of(
        serving,
        """
        select
            count(distinct product_id) filter (where is_service_line and amount > 0),
            sum(amount) filter (where is_service_line) / sum(amount)
        from marts.fct_order_items
        where is_counted and quantity > 0
        """,
    )
    for key in ("commerce_items", "commerce_item_table"):
        assert f"Without {count} service lines (postage, fees), {share:.1%} of the revenue." in page.note_of(key)


def test_commerce_says_nothing_of_service_lines_where_none_are(opened: Opened) -> None:
    assert "service" not in shown(opened("storefront"), "commerce").html.lower()


def test_commerce_leaves_service_lines_out_of_every_ranking(serving_for: ServingFor, tmp_path: Path) -> None:
    """Single products of a category, and all of another one."""
    serving = changed(serving_for, tmp_path)
    [(first,), (second,)] = rows_of(
        serving, "select category from marts.category_performance order by revenue_amount desc, category limit 2"
    )
    products = [
        one
        for (one,) in rows_of(
            serving,
            f"""
            select product_id from marts.product_performance where category = '{first}'
            order by revenue_amount desc, product_id limit 2
            """,
        )
    ]
    flagged = f"""
        update marts.dim_products set is_service_line = true
        where product_id in ('{products[0]}', '{products[1]}') or category = '{second}'
    """
    serving = changed(serving_for, tmp_path / "flagged", flagged)
    for rate in ("cart", "order"):
        page = shown(serving, "commerce", rate=rate)
        for key in ("commerce_items", "commerce_conversions", "commerce_item_table"):
            assert not set(products) & set(page.frames[key]["item"])
            if "category" in page.frames[key].columns:
                assert second not in set(page.frames[key]["category"])
    page = shown(serving, "commerce", kind="category")
    for key in ("commerce_items", "commerce_conversions", "commerce_item_table"):
        assert second not in set(page.frames[key]["item"])
    wanted = answer(
        serving,
        f"""
        select sum(items.amount) from marts.fct_order_items as items
        inner join marts.dim_products as products on items.product_id = products.product_id
        where items.is_counted and items.quantity > 0 and products.category = '{first}'
            and not products.is_service_line
        """,
    )
    found = dict(page.frames["commerce_item_table"].select("item", "revenue_amount").rows())
    assert found[first] == wanted
    assert "service lines (postage, fees)" in page.note_of("commerce_items")


def test_commerce_says_how_many_there_are_of_what_is_cut(opened: Opened) -> None:
    serving = opened("storefront")
    page = shown(serving, "commerce")
    [(products, tried)] = rows_of(
        serving, "select count(*), count(*) filter (where viewer_count >= 30) from marts.product_performance"
    )
    assert products > 200
    assert f"The 200 with the most revenue, of {products:,}." in page.note_of("commerce_item_table")
    assert f"The first 15 of {tried:,}" in page.note_of("commerce_conversions")


def test_commerce_tells_that_places_are_cut(serving_for: ServingFor, tmp_path: Path) -> None:
    more = """
        insert into marts.demographics by name
        select 'country' as dimension, 'new ' || number as dimension_value, 1 as customer_count, 0 as revenue_amount
        from range(400) as numbers (number)
    """
    serving = changed(serving_for, tmp_path, more)
    every = answer(serving, "select count(*) from marts.demographics where dimension = 'country'")
    page = shown(serving, "commerce", dimension="country")
    assert page.frames["commerce_demographics"].height == 300
    assert f"The first 300 of {every:,}." in page.note_of("commerce_demographics")
    assert f"The first 15 of {every:,}." in page.note_of("commerce_revenue_by")
    assert "The first" not in shown(serving, "commerce", dimension="gender").note_of("commerce_demographics")


def test_commerce_tells_late_orders_of_sellers_only_where_days_are_promised(
    serving_for: ServingFor, opened: Opened, tmp_path: Path
) -> None:
    page = shown(opened("storefront"), "commerce")
    assert "with a promised day" in page.note_of("commerce_late_sellers")
    rows = page.frames["commerce_late_sellers"]
    assert rows["late_rate"].to_list() == pytest.approx(
        (rows["late_order_count"] / rows["promised_order_count"]).to_list()
    )
    none = changed(
        serving_for,
        tmp_path / "none",
        "update marts.seller_performance set promised_order_count = 0, late_order_count = 0, late_rate = null",
    )
    page = shown(none, "commerce")
    assert "commerce_late_sellers" not in page.frames
    assert any("No delivery has a promised day" in text for text in page.said)
    assert page.frames["commerce_seller_table"]["late_rate"].null_count() == page.frames["commerce_seller_table"].height


def test_what_is_cut_is_said(serving_for: ServingFor, opened: Opened, tmp_path: Path) -> None:
    before = opened("storefront")
    more = changed(
        serving_for,
        tmp_path,
        """
        insert into marts.customer_lifecycle by name
        select * exclude (number) replace ((period_start - to_days((420 * number)::integer))::date as period_start)
        from marts.customer_lifecycle cross join range(1, 10) as numbers (number)
        where period = 'week'
        """,
        """
        insert into marts.activity_stickiness by name
        select * exclude (number) replace (activity_date - (number * 90)::integer as activity_date)
        from marts.activity_stickiness cross join range(1, 20) as numbers (number)
        where activity_date > (select max(activity_date) - 90 from marts.activity_stickiness)
        """,
        """
        insert into marts.funnel_drop_offs by name
        select * exclude (number) replace ('more ' || number as breakdown_value)
        from marts.funnel_drop_offs cross join range(150) as numbers (number)
        where breakdown = 'country' and breakdown_value = (
            select max(breakdown_value) from marts.funnel_drop_offs where breakdown = 'country'
        )
        """,
        "update marts.row_reconciliation set is_balanced = false",
    )
    assert "The newest" not in shown(before, "retention", grain="week").note_of("retention_lifecycle")
    assert "The newest 60 weeks only." in shown(more, "retention", grain="week").note_of("retention_lifecycle")
    assert "The newest" not in shown(before, "retention").note_of("retention_active")
    assert "The newest 730 days only." in shown(more, "retention").note_of("retention_active")
    values = answer(
        more, "select count(distinct breakdown_value) from marts.funnel_drop_offs where breakdown = 'country'"
    )
    note = f"The first 100 of {values:,} values."
    assert note not in shown(before, "behaviour", breakdown="country").note_of("behaviour_converted")
    assert note in shown(more, "behaviour", breakdown="country").note_of("behaviour_converted")
    days = answer(more, "select count(*) from marts.row_reconciliation")
    assert shown(more, "data_quality").note_of("quality_unbalanced") == f"The newest 50 of {days:,}."


# --- names that are alike ---------------------------------------------------------------------------------------------


def test_different_ids_never_have_the_same_name() -> None:
    ids = ["a" * 50 + "z" * 30, "b" * 50 + "z" * 30, "c", "d", "d", "e", "f", "g", ""]
    names = ["Cup", "Cup", "Cup · c", "Cup", "Cup", None, "", " Lid", "none"]
    for longest in (8, 19, 34, 60):
        found = distinct_names(pl.DataFrame({"product_id": ids, "product_name": names}), longest=longest)
        assert len(set(found)) == len(set(ids))
        assert found[3] == found[4]
        assert max(len(one) for one in found) <= longest


def test_bars_of_products_with_the_same_name_stay_apart(serving_for: ServingFor, tmp_path: Path) -> None:
    """All names the same, and all ids the same for longer than a bar has room."""
    columns = (
        ("dim_products", ("product_id",), ("product_name",)),
        ("product_performance", ("product_id",), ("product_name",)),
        ("product_affinity", ("product_id", "paired_product_id"), ()),
        ("cross_sell_opportunities", ("product_id", "anchor_product_id"), ("product_name", "anchor_product_name")),
        (
            "bundle_recommendations",
            ("product_id", "paired_product_id"),
            ("product_name", "paired_product_name"),
        ),
    )
    serving = changed(
        serving_for,
        tmp_path,
        *(
            f"update marts.{mart} set "
            + ", ".join([*(f"{one} = '{ALIKE}' || {one}" for one in ids), *(f"{one} = 'Same name'" for one in names)])
            for mart, ids, names in columns
        ),
        f"update marts.seller_performance set seller_id = '{ALIKE}' || seller_id",
    )
    pages = {name: shown(serving, name).figures for name in ("commerce", "cross_sell")}
    drawn = {
        name: [key for key in keys if key in pages[name]]
        for name, keys in (
            ("commerce", ("commerce_items", "commerce_conversions", "commerce_sellers", "commerce_late_sellers")),
            (
                "cross_sell",
                ("cross_sell_opportunities", "cross_sell_viewers", "cross_sell_companions", "cross_sell_bundles"),
            ),
        )
    }
    assert len(drawn["commerce"]) == 4 and "cross_sell_bundles" in drawn["cross_sell"]
    for name, keys in drawn.items():
        for key in keys:
            bars = list(pages[name][key].data[0].y)
            assert len(bars) > 1 and len(set(bars)) == len(bars), (key, bars)
    heat = pages["cross_sell"]["cross_sell_map"].data[0]
    assert len(set(heat.y)) == len(heat.y) == 12


def test_cross_sell_tells_the_definition_of_what_it_draws(opened: Opened) -> None:
    serving = opened("storefront")
    page = shown(serving, "cross_sell")
    assert page.help_of("cross_sell_viewers") == serving.description("cross_sell_opportunities", "viewer_rate") != ""
    assert "lift" in page.note_of("cross_sell_viewers")


# --- customer ---------------------------------------------------------------------------------------------------------


def test_late_deliveries_are_out_of_those_with_a_promised_day(
    opened: Opened, serving_for: ServingFor, tmp_path: Path
) -> None:
    customer = customer_with_orders(opened("storefront"))
    [(delivered, late)] = rows_of(
        opened("storefront"),
        f"select delivered_order_count, late_order_count from marts.customer_360 where customer_id = '{customer}'",
    )
    serving = changed(
        serving_for,
        tmp_path,
        f"""
        update marts.fct_orders set estimated_delivery_on = null, delay_days = null
        where order_id = (
            select min(order_id) from marts.fct_orders where customer_id = '{customer}' and delay_days <= 0
        )
        """,
    )
    for one, of in ((opened("storefront"), delivered), (serving, delivered - 1)):
        facts = shown(one, "customer", customer=customer).frames["customer_order_facts"]
        [row] = facts.filter(pl.col("property") == "Late deliveries").to_dicts()
        assert row["value"] == f"{late:,} of {of:,}"
        assert row["meaning"] == one.description("customer_360", "late_rate") != ""


# --- retention --------------------------------------------------------------------------------------------------------


def test_retention_says_that_the_newest_months_had_little_time(opened: Opened) -> None:
    said = "The newest months had little time for a later order."
    for measure, is_said in (("month", False), ("later", True), ("revenue", False)):
        page = shown(opened("storefront"), "retention", measure=measure)
        assert (said in page.note_of("retention_cohorts")) == is_said


# --- data quality -----------------------------------------------------------------------------------------------------


def null_rates(serving: Serving, newest: int, before: int) -> dict[str, tuple[float, float]]:
    """Feature -> its null rate over the newest days and over those before them, computed row by row."""
    found: dict[str, list[tuple]] = {}
    for feature, rows, nulls in rows_of(
        serving,
        "select feature, row_count, null_count from marts.score_drift where entity = 'events' order by measured_on desc",
    ):
        found.setdefault(feature, []).append((rows, nulls))

    def rate(days: list[tuple]) -> float:
        return sum(nulls for _, nulls in days) / sum(rows for rows, _ in days)

    return {
        feature: (rate(days[:newest]), rate(days[newest : newest + before]))
        for feature, days in found.items()
        if len(days) > newest
    }


def test_changes_of_empty_values_are_points_and_name_their_days(
    opened: Opened, serving_for: ServingFor, tmp_path: Path
) -> None:
    few = changed(
        serving_for,
        tmp_path,
        """
        delete from marts.score_drift where entity = 'events' and measured_on <= (
            select max(measured_on) - 10 from marts.score_drift where entity = 'events'
        )
        """,
        "update marts.score_drift set null_count = row_count // 2 where entity = 'events' and feature = 'country'",
    )
    for serving in (opened("storefront"), few):
        days = answer(serving, "select count(distinct measured_on) from marts.score_drift where entity = 'events'")
        before = min(28, days - 7)
        page = shown(serving, "data_quality")
        frame = page.frames["quality_null_changes"]
        assert frame.height > 2
        rates = null_rates(serving, 7, before)
        for row in frame.iter_rows(named=True):
            now, then = rates[row["feature"]]
            assert row["null_rate"] == pytest.approx(now)
            assert row["change_points"] == pytest.approx(100 * (now - then), abs=0.0051)
        assert kind("change_points", frame.schema["change_points"]) == "number"
        assert page.words["quality_null_changes"]["labels"]["change_points"] == "Change, in points"
        assert page.titles["quality_null_changes"] == (
            f"Empty values of the events: 7 days against the {before} measured before"
        )
    assert answer(few, "select count(distinct measured_on) from marts.score_drift where entity = 'events'") == 10


def test_the_list_of_tests_says_that_it_is_cut(opened: Opened, serving_for: ServingFor, tmp_path: Path) -> None:
    every = answer(opened("storefront"), "select count(*) from serving.test_results")
    assert f"All {every:,}" in shown(opened("storefront"), "data_quality").note_of("quality_tests")
    serving = changed(
        serving_for,
        tmp_path,
        """
        insert into serving.test_results by name
        select 'more_' || number as test_name, 'pass' as status from range(600) as numbers (number)
        """,
    )
    page = shown(serving, "data_quality")
    assert page.frames["quality_tests"].height == 500
    assert f"The first 500 of {every + 600:,}" in page.note_of("quality_tests")


# --- risk monitor -----------------------------------------------------------------------------------------------------


def test_a_burst_has_bars_of_its_own(serving_for: ServingFor, tmp_path: Path) -> None:
    last = "(select max(started_on) from marts.session_risk)"
    serving = changed(
        serving_for,
        tmp_path,
        *(
            f"""
            update marts.session_risk set max_events_per_minute = {busiest}
            where session_id = (
                select session_id from marts.session_risk where started_on = {last} order by session_id
                limit 1 offset {place}
            )
            """
            for place, busiest in enumerate((59, 60, 120, 121))
        ),
    )
    [(as_of,)] = rows_of(serving, "select as_of_date from serving.publication")
    found = dict(
        shown(serving, "risk_monitor", period="30")
        .frames["risk_minutes"]
        .select("events_per_minute", "session_count")
        .rows()
    )
    for bar, first, end in (("21–40", 21, 40), ("41–59", 41, 59), ("60–120", 60, 120), ("121+", 121, 10**9)):
        wanted = answer(
            serving,
            f"""
            select count(*) from marts.session_risk
            where started_on between '{as_of - timedelta(days=29)}' and '{as_of}'
                and max_events_per_minute between {first} and {end}
            """,
        )
        assert found[bar] == wanted


def test_equal_scores_are_in_one_tenth(serving_for: ServingFor, tmp_path: Path) -> None:
    """Half of the customers have one score: who of them comes first by the id must not tell the tenth."""
    folder = copied(serving_for("storefront"), tmp_path)
    with duckdb.connect(str(folder / CURRENT)) as connection:
        connection.execute("update marts.customer_engagement set engagement_score = 0.5 where rowid % 2 = 0")
    rows = open_current(folder).rows("engagement/parts_by_tenth", segment="all")
    assert rows["customer_count"].sum() == answer(
        open_current(folder), "select count(*) from marts.customer_engagement"
    )
    lowest = rows["lowest_score"].to_list()
    assert sum(one == 0.5 for one in lowest) <= 1
    assert rows["score_tenth"].min() == 1 and rows["score_tenth"].max() <= 10
