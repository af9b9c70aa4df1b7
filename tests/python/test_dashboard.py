"""The dashboard's pages and the report, on every source, without a browser."""

from __future__ import annotations

import ast
import base64
import gzip
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from conftest import PROJECT, REAL_SOURCES
from footfall.publish import CURRENT

pytest.importorskip("streamlit", reason="the dashboard's packages are not installed: run `make test`")
from shown_pages import answer, copied, customer_with_orders, marts, on_screen, recorded
from streamlit.testing.v1 import AppTest

from dashboard import figures, formats, tables, theme
from dashboard.contents import VIEWS, View
from dashboard.intervals import wilson
from dashboard.page import period_of
from dashboard.queries import NothingPublishedError, Publication, Serving, masked, open_current, sql
from dashboard.report import main, report

SOURCES = ("storefront", *REAL_SOURCES)
STATEMENTS = sorted((PROJECT / "dashboard" / "sql").glob("*/*.sql"))
HOSTILE = (
    "'; drop schema marts; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%00",
    "-1",
    "nan",
    "9" * 400,
    "é∂ƒ",
)
# --- every page, on every source --------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_page_on_the_screen(view: View, source: str, serving_for: Callable[[str], Path]) -> None:
    shown = on_screen(serving_for(source), view.name)
    assert [error.value for error in shown.exception] == []
    assert shown.title and shown.title[0].value
    assert any("Data as of" in caption.value for caption in shown.caption)
    assert len(shown.metric) + len(shown.info) + len(shown.subheader) > 0


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_option_of_every_control(view: View, source: str, opened: Callable[[str], Serving]) -> None:
    """Also of the controls that only an option of another brings; long lists by their ends."""
    serving = opened(source)
    seen: set[tuple[str, str]] = set()
    waiting: list[dict[str, str]] = [{}]
    while waiting:
        choices = waiting.pop()
        page = recorded(serving, view, **choices)
        assert page.html
        for key, options in page.controls.items():
            for option in options if len(options) <= 12 else [*options[:2], options[len(options) // 2], options[-1]]:
                if (key, option) not in seen:
                    seen.add((key, option))
                    waiting.append({key: option} if not choices or key in choices else {**choices, key: option})


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_hostile_addresses(view: View, serving_for: Callable[[str], Path], opened: Callable[[str], Serving]) -> None:
    """An address may say anything: a control stays at its default then, nothing breaks, nothing is taken for code."""
    keys = [*recorded(opened("storefront"), view).controls, "customer"]
    for number, value in enumerate(HOSTILE):
        page = recorded(opened("storefront"), view, **dict.fromkeys(keys, value))
        assert "<script>alert" not in page.html
        if number == 0:
            shown = on_screen(serving_for("storefront"), view.name, **dict.fromkeys(keys, value))
            assert [error.value for error in shown.exception] == []
            for box in shown.selectbox:
                assert box.value != value


def test_what_the_data_says_is_never_code(
    opened: Callable[[str], Serving], serving_for: Callable[[str], Path], tmp_path: Path
) -> None:
    """Names with HTML and Markdown in them stand there as they are."""
    folder = copied(serving_for("storefront"), tmp_path)
    nasty = "<img src=x onerror=alert(1)> **bold** $x$ [a](javascript:b)"
    with duckdb.connect(str(folder / CURRENT)) as connection:
        for mart, column in (
            ("cross_sell_opportunities", "anchor_product_name"),
            ("cross_sell_opportunities", "product_name"),
            ("product_performance", "product_name"),
            ("category_performance", "category"),
            ("customer_360", "city"),
            ("customer_360", "favourite_category"),
            ("payment_outcomes", "breakdown_value"),
        ):
            connection.execute(f"update marts.{mart} set {column} = ? where rowid % 7 = 0", [nasty])
    serving = open_current(folder)
    for view in VIEWS:
        assert "<img src=x" not in recorded(serving, view).html.replace("\\u003cimg", ""), view.name
        shown = on_screen(folder, view.name)
        assert [error.value for error in shown.exception] == [], view.name


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_shop_without_anything(view: View, serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    """All marts empty, and then every column that may be NULL is: pages explain, and do not break."""
    folder = copied(serving_for("storefront"), tmp_path)
    with duckdb.connect(str(folder / CURRENT)) as connection:
        for (mart,) in marts(connection):
            connection.execute(f"delete from marts.{mart}")
        connection.execute("update serving.publication set as_of_date = null")
    page = recorded(open_current(folder), view)
    assert page.said or page.found or page.frames
    assert [error.value for error in on_screen(folder, view.name).exception] == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_values_that_are_missing(view: View, serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    """Every descriptive text and every number that a mart may lack is NULL in every third row."""
    folder = copied(serving_for("storefront"), tmp_path)
    keys = ("_id", "_on", "_at", "_date", "_month", "_name", "_number")
    with duckdb.connect(str(folder / CURRENT)) as connection:
        for (mart,) in marts(connection):
            columns = connection.execute(
                "select column_name from information_schema.columns where table_schema = 'marts' and table_name = ?",
                [mart],
            ).fetchall()
            described = [
                c
                for (c,) in columns
                if re.search(
                    r"(rate|rate_low|rate_high|score|_days|_seconds|country|region|city|category|device_type|gender|reason)$",
                    c,
                )
                and not c.endswith(keys)
            ]
            for column in described:
                connection.execute(f"update marts.{mart} set {column} = null where rowid % 3 = 0")
    page = recorded(open_current(folder), view)
    assert page.html


# --- what it says is what the marts say -------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_totals_agree_across_pages_and_with_the_marts(source: str, opened: Callable[[str], Serving]) -> None:
    serving = opened(source)
    overview = recorded(serving, "overview", period="all").found
    commerce = recorded(serving, "commerce", period="all").found
    orders = answer(serving, "select count(*) from marts.fct_orders where is_counted")
    revenue = answer(serving, "select coalesce(sum(order_amount), 0) from marts.fct_orders where is_counted")
    assert overview["Orders"].value == commerce["Orders"].value == orders
    assert overview["Revenue"].value == commerce["Revenue"].value == revenue
    customers = answer(serving, "select count(*) from marts.customer_360")
    assert overview["Customers"].value == customers
    at_risk = answer(serving, "select count(*) from marts.at_risk_customers")
    assert recorded(serving, "at_risk").found["At risk"].value == at_risk
    segments = recorded(serving, "overview").frames["overview_segments"]
    assert segments["customer_count"].sum() == customers
    buyers = answer(serving, "select count(*) from marts.customer_360 where order_count > 0")
    if buyers:
        assert overview["At risk"].value == pytest.approx(at_risk / buyers)


def test_payments_agree(opened: Callable[[str], Serving]) -> None:
    serving = opened("storefront")
    rate = answer(serving, "select approval_rate from marts.payment_outcomes where breakdown = 'all'")
    assert recorded(serving, "overview", period="all").found["Approval rate"].value == pytest.approx(rate)
    assert recorded(serving, "payments", period="all").found["Approval rate"].value == pytest.approx(rate)


def test_high_value_customers_agree(opened: Callable[[str], Serving]) -> None:
    serving = opened("storefront")
    count = answer(serving, "select count(*) from marts.customer_value_labels where is_high_value")
    assert recorded(serving, "high_value").found["High value"].value == count


def test_rows_add_up_on_the_quality_page(opened: Callable[[str], Serving]) -> None:
    serving = opened("storefront")
    landed = answer(serving, "select sum(landed_count) from marts.row_reconciliation")
    fates = recorded(serving, "data_quality").frames["quality_fates"]
    assert fates["landed_count"].sum() == landed
    kinds = ("accepted_count", "quarantined_count", "duplicate_count", "superseded_count")
    assert sum(fates[kind].sum() for kind in kinds) == landed


# --- persons ----------------------------------------------------------------------------------------------------------


def test_names_and_emails_are_masked(opened: Callable[[str], Serving], monkeypatch: pytest.MonkeyPatch) -> None:
    serving = opened("storefront")
    people = answer(
        serving, "select list([customer_name, email]) from (from marts.dim_customers where email like '%@%' limit 3000)"
    )
    texts = [recorded(serving, view, customer=customer_with_orders(serving)).html for view in VIEWS]
    for name, email in people:
        for text in texts:
            assert email not in text
            assert not (name and f">{name}<" in text)
    monkeypatch.setenv("FOOTFALL_SHOW_PII", "1")
    plain = "".join(recorded(serving, view).html for view in VIEWS)
    assert any(email in plain for _, email in people)


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("email", "anna.smith@example.org", "a•••@example.org"),
        ("email", "no address", "n•••"),
        ("customer_name", "Anna Smith", "A•••"),
        ("customer_name", None, None),
        ("raw_row", '{"email":"anna@example.org","amount":5}', '{"email":"•••","amount":5}'),
        (
            "raw_row",
            '{"customer_name": "Anna \\"A\\" Smith", "city":"Rome"}',
            '{"customer_name": "•••", "city":"Rome"}',
        ),
        ("customer_name", "Jane\nDoe", "J•••"),
        ("email", "jane@x\n.com", "j•••"),
        ("email", "a@b@c.com", "a•••@c.com"),
        ("raw_row", "broken,anna@example.org,12", "broken,•••,12"),
        ("raw_row", '{"customer_id":"c1","name":"Jane D', '{"customer_id":"c1","name":"•••"'),
        ("raw_row", '{"name":{"first":"Jane","last":"Doe"},"city":"Rome"}', '{"name":"•••","city":"Rome"}'),
        (
            "raw_row",
            '{"FirstName":"Jane","phone_number":555,"date_of_birth":"1980"}',
            '{"FirstName":"•••","phone_number":"•••","date_of_birth":"•••"}',
        ),
        ("raw_row", '{"latitude":41.9,"product_name":"Bike"}', '{"latitude":"•••","product_name":"Bike"}'),
        ("product_name", "Anna", "Anna"),
    ],
)
def test_masks(column: str, value: str | None, shown: str | None) -> None:
    assert masked(pl.DataFrame({column: pl.Series([value], dtype=pl.String)}))[column].to_list() == [shown]


# --- queries ----------------------------------------------------------------------------------------------------------


def test_pages_hold_no_sql() -> None:
    """And every statement that they name is there, and every one that is there is named."""
    named: set[str] = set()
    dashboard = PROJECT / "dashboard"
    for path in (*sorted((dashboard / "views").glob("*.py")), dashboard / "predicted.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"\bselect\s.*\sfrom\s|\bmarts\.", node.value, re.IGNORECASE | re.DOTALL), path
                if re.fullmatch(r"[a-z_]+/[a-z0-9_]+", node.value):
                    named.add(node.value)
    there = {f"{path.parent.name}/{path.stem}" for path in STATEMENTS}
    assert named == there


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_statement_begins_with_what_it_gives(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    assert not re.search(r"[{}]|\?", re.sub(r"--.*|'[^']*'", "", text)), "parameters are bound by name"


def test_a_parameter_is_bound_and_not_pasted(opened: Callable[[str], Serving]) -> None:
    serving = opened("storefront")
    found = recorded(serving, "customer", customer="x' or 1 = 1 --")
    assert "x&#x27; or 1 = 1 --" in found.html
    assert "marts." in sql("overview/shop")


def test_answers_are_kept_by_parameters_and_masks(
    opened: Callable[[str], Serving], monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = opened("storefront")
    period = period_of("90", serving.publication).parameters
    first = serving.rows("overview/shop", **period)
    assert serving.rows("overview/shop", **period) is first
    other = serving.rows("overview/shop", **period_of("30", serving.publication).parameters)
    assert other["order_count"][0] < first["order_count"][0]


def test_nothing_published(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingPublishedError, match="make run"):
        open_current(tmp_path)
    monkeypatch.setenv("FOOTFALL_SERVING", str(tmp_path))
    assert main(["--out", str(tmp_path / "report.html")]) == 1
    assert "Fix: make run" in capsys.readouterr().err
    shown = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60).run()
    assert not shown.exception
    assert "make run" in shown.info[0].value


def test_the_whole_app(serving_for: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_SERVING", str(serving_for("storefront")))
    shown = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60).run()
    assert not shown.exception
    assert shown.title[0].value == VIEWS[0].title


def test_failed_tests_stand_on_every_page(serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    folder = copied(serving_for("storefront"), tmp_path)
    with duckdb.connect(str(folder / CURRENT)) as connection:
        connection.execute("update serving.publication set failed_test_count = 2")
    shown = on_screen(folder, "overview")
    assert "2 of" in shown.error[0].value
    assert "2 of" in report(open_current(folder)).partition("<main>")[0]


# --- the report -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_the_report_is_small_and_needs_nothing_else(source: str, opened: Callable[[str], Serving]) -> None:
    text = report(opened(source))
    assert len(text.encode()) < 8_000_000
    head, _, body = text.partition("<main>")
    for view in VIEWS:
        assert (f'id="{view.name}"' in body) == view.is_reported
    assert not re.findall(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["']?(?:https?:)?//""", text)
    assert head.count("plotly.js v") == 1


def test_the_report_by_its_command(serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    environment = {**os.environ, "FOOTFALL_SERVING": str(serving_for("storefront"))}
    out = tmp_path / "new" / "report.html"
    command = [sys.executable, "dashboard/report.py", "--out", str(out), "--period", "30"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Open it in a browser" in done.stdout
    assert "Last 30 days" in out.read_text(encoding="utf-8")
    again = subprocess.run(
        [*command[:3], "/proc/nowhere/report.html"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1 and again.stderr.count("\n") == 1 and "Fix:" in again.stderr


# --- small rules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (None, "money", "–"),
        (float("nan"), "rate", "–"),
        (Decimal("1234.5"), "money", "1,234.50"),
        (Decimal("-12.345"), "money", "−12.35"),
        (123_456, "money", "123,456"),
        (4_100_000, "money", "4.10 m"),
        (2_500_000_000, "count", "2.50 bn"),
        (13_916, "count", "13,916"),
        (1234.5, "number", "1,234"),
        (0.01234, "number", "0.0123"),
        (0.12345, "rate", "12.3%"),
        (0.5, "score", "0.500"),
        (45, "seconds", "45 s"),
        (5_400, "seconds", "1.5 h"),
        (12, "days", "12 d"),
        (True, "flag", "yes"),
        (date(2025, 6, 3), "date", "3 Jun 2025"),
        (date(2025, 6, 1), "month", "Jun 2025"),
        (datetime(2025, 6, 3, 4, 5), "moment", "3 Jun 2025 04:05"),
    ],
)
def test_how_values_look(value: object, kind: str, shown: str) -> None:
    assert formats.shown(value, kind) == shown


@pytest.mark.parametrize(
    ("column", "dtype", "kind"),
    [
        ("revenue_amount", pl.Decimal(18, 4), "money"),
        ("amount", pl.Float64, "money"),
        ("session_count_30_days", pl.Int64, "count"),
        ("engagement_score", pl.Float64, "score"),
        ("review_score", pl.Int32, "count"),
        ("failed_on", pl.Date, "date"),
        ("value", pl.Date, "date"),
        ("score", pl.String, "text"),
        ("is_late", pl.Boolean, "flag"),
        ("lift", pl.Float64, "number"),
    ],
)
def test_kinds_are_told_by_names_and_types(column: str, dtype: pl.DataType, kind: str) -> None:
    assert formats.kind(column, dtype) == kind


@pytest.mark.parametrize(
    ("now", "before", "kind", "said"),
    [
        (110, 100, "count", "+10.0%"),
        (90, 100, "money", "−10.0%"),
        (0.5, 0.4, "rate", "+10.0 points"),
        (0.25, 0.2, "score", "+0.050"),
        (5, 0, "count", None),
        (0.4999, 0.5, "rate", None),
        (7, 7, "count", None),
        (None, 5, "count", None),
        (5, None, "count", None),
    ],
)
def test_changes(now: object, before: object, kind: str, said: str | None) -> None:
    assert formats.change(now, before, kind) == said


def test_headings_are_words_and_never_twice() -> None:
    frame = pl.DataFrame(
        {"revenue_amount": [1], "revenue_count": [1], "is_high_value": [True], "ordered_on": [date(2025, 1, 1)]}
    )
    assert list(tables.headings(frame).values()) == ["Revenue", "Revenues", "High value", "Ordered"]
    assert len(set(tables.headings(pl.DataFrame({"revenue": [1], "revenue_amount": [1]})).values())) == 2


def test_a_csv_runs_nothing_and_keeps_decimals() -> None:
    frame = pl.DataFrame(
        {"name": ["=1+1", "-x", "fine", None], "amount": [Decimal("1.2300"), None, Decimal("-2"), Decimal("0")]}
    )
    assert tables.csv(frame).decode("utf-8-sig").splitlines()[:3] == ["name,amount", "'=1+1,1.2300", "'-x,"]


def test_periods() -> None:
    told = Publication("v", "", "storefront", date(2025, 6, 30), date(2025, 1, 1), 0, 0, {})
    month = period_of("30", told)
    assert (month.first, month.last, month.before_first, month.before_last) == (
        date(2025, 6, 1),
        date(2025, 6, 30),
        date(2025, 5, 2),
        date(2025, 5, 31),
    )
    assert month.is_comparable
    assert not period_of("365", told).is_comparable
    assert period_of("all", told).first == date(2025, 1, 1)


def test_wilson_is_the_marts_own(opened: Callable[[str], Serving]) -> None:
    """One rule: the interval that pages compute is the one that the marts hold."""
    with duckdb.connect(str(opened("storefront").path), read_only=True) as connection:
        rows = connection.execute(
            "select approved_count, attempt_count, approval_rate_low, approval_rate_high from marts.payment_outcomes "
            "where approval_rate is not null"
        ).fetchall()
    for approved, attempts, low, high in rows:
        assert wilson(approved, attempts) == pytest.approx((low, high), abs=1e-9)


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance of #rrggbb."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("colour", "least"),
    [
        *((colour, 4.5) for colour in (theme.INK, theme.MUTED, theme.MAIN, theme.GOOD, theme.BAD)),
        *((colour, 3.0) for colour in (*theme.SERIES, *theme.PRIORITY.values())),
    ],
)
def test_contrast(colour: str, least: float) -> None:
    """Text at least 4.5 to 1 on white, parts of figures 3 to 1 (WCAG 2.2, AA)."""
    assert (luminance(theme.PAPER) + 0.05) / (luminance(colour) + 0.05) >= least


def test_figures_escape_what_they_show() -> None:
    frame = pl.DataFrame({"name": ["<b>x</b>", None], "count": [1, 2]})
    for figure in (figures.bars(frame, "name", "count"), figures.donut(frame, "name", "count")):
        assert "<b>x" not in str(figure.to_json()).replace("\\u003cb", "")
        assert "&lt;b&gt;" in figure.to_json() or "\\u0026lt;" in figure.to_json()


def test_every_column_of_a_heat_map_has_its_place() -> None:
    frame = pl.DataFrame({"x": [1, 2], "y": ["a", "b"], "value": [0.5, None]})
    figure = figures.heat(frame, "x", "y", "value")
    assert [list(line) for line in figure.data[0].z] == [[0.5, None], [None, None]]


# --- what dbt knows of it ---------------------------------------------------------------------------------------------


def test_the_exposures_name_what_the_pages_read() -> None:
    text = (PROJECT / "models" / "marts" / "exposures.yml").read_text(encoding="utf-8")
    exposures = yaml.safe_load(text)["exposures"]
    assert {one["name"] for one in exposures} == {"dashboard", "report"}
    read = {
        mart for path in STATEMENTS for mart in re.findall(r"\bmarts\.([a-z_0-9]+)", path.read_text(encoding="utf-8"))
    }
    for one in exposures:
        assert {name.removeprefix("ref('").removesuffix("')") for name in one["depends_on"]} == read | {"daily_kpis"}


def test_the_documentation_lists_every_page() -> None:
    text = (PROJECT / "docs" / "dashboard.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([A-Z][a-z -]+[a-z]) \|", text, re.MULTILINE) == [view.title for view in VIEWS]


def test_the_report_downloads_all_rows_and_shows_whole_counts(opened: Callable[[str], Serving]) -> None:
    """What is shown is cut at a hundred rows and says so; the file behind the button has them all, guarded and exact."""
    page = recorded(opened("storefront"), "at_risk")
    key, rows = next((key, rows) for key, rows in page.frames.items() if rows.height > 200)
    [packed] = re.findall(rf'data-name="{key}" data-csv="([^"]+)"', page.html)
    assert gzip.decompress(base64.b64decode(packed)) == tables.csv(rows)
    assert f"100 of {rows.height:,} rows" in page.html
    frame = pl.DataFrame(
        {"landed_count": [1_234_567], "lift": [2345.678], "share_rate": [0.5], "paid_amount": [Decimal("1234567.5")]}
    )
    text = tables.as_html(frame, None, (), 10)
    for shown in ("1,234,567<", "2,345.68", "50.0%", "1,234,567.50"):
        assert shown in text


def test_titles_from_the_data_are_no_markdown(serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    folder = copied(serving_for("storefront"), tmp_path)
    with duckdb.connect(str(folder / CURRENT)) as connection:
        connection.execute(
            "update marts.cross_sell_opportunities set anchor_product_name = '*a* ![x](http://y) :red[z]'"
        )
        connection.execute("update marts.dim_products set product_name = '*a* ![x](http://y) :red[z]'")
    shown = on_screen(folder, "cross_sell")
    titles = [element.value for element in (*shown.header, *shown.subheader, *shown.caption)]
    assert any("\\!" in title or "\\[x\\]" in title for title in titles)
    assert not any("![x](" in title for title in titles)


def test_what_viewers_share_is_loaded_before_they_come() -> None:
    """Plotly looks for pandas when it is first needed: two viewers at once found half of it."""
    code = "import sys; import dashboard.figures; sys.exit('pandas' not in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0
