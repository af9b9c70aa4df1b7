"""The dashboard in a real browser: clicks, addresses, downloads, a new version, and nothing on the console."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

pytest.importorskip("streamlit", reason="the dashboard's packages are not installed: run `make test-browser`")
from footfall.browser import NoBrowserError, chromium, dashboard_on, go, launched, settled
from footfall.publish import CURRENT, publish

from dashboard.contents import VIEWS
from dashboard.queries import Serving, open_current
from dashboard.report import report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def database(build: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of these tests' own."""
    path = tmp_path_factory.mktemp("browser") / "footfall.duckdb"
    shutil.copy(build("storefront"), path)
    return path


@pytest.fixture(scope="module")
def serving(database: Path) -> Path:
    folder = database.parent / "serving"
    publish(database, folder)
    return folder


@pytest.fixture(scope="module")
def address(serving: Path) -> Iterator[str]:
    with dashboard_on(serving) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    try:
        chromium()
    except NoBrowserError as error:
        pytest.skip(str(error))
    with launched() as found:
        yield found


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    """A window that is 1440 pixels wide; what its console says is an error of the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    window = context.new_page()
    said: list[str] = []
    window.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    window.on("pageerror", lambda error: said.append(str(error)))
    yield window
    context.close()
    assert said == []


def first_cell(page: object) -> None:
    """Clicks into the first column of the first row of the first table that is to be seen."""
    frame = page.locator('[data-testid="stDataFrame"]:visible').first
    frame.scroll_into_view_if_needed()
    frame.click(position={"x": 60, "y": 52})


def query(serving: Path, text: str) -> list[tuple]:
    with duckdb.connect(str(serving / CURRENT), read_only=True) as connection:
        return connection.execute(text).fetchall()


def test_every_page_by_the_menu(page: object, address: str) -> None:
    page.goto(address)
    settled(page)
    for view in VIEWS[1:]:
        go(page, view.title)
        assert page.locator('[data-testid="stException"]').count() == 0, view.name
        assert page.locator('[data-testid="stAlertContentError"]').count() == 0, view.name
        # Each figure has words for whoever does not see it, and its numbers in a table.
        figures = page.locator('[data-testid="stPlotlyChart"]').count()
        assert page.locator('[data-testid="stExpander"]').count() >= figures, view.name


def test_from_the_list_to_a_customer_and_back(page: object, address: str, serving: Path) -> None:
    page.goto(address)
    settled(page)
    go(page, "At risk")
    first_cell(page)
    page.wait_for_function(
        "location.pathname.endsWith('/customer') && location.search.includes('customer=') "
        "&& document.querySelector('[data-testid=stMain] h1')?.innerText === 'Customer'",
        timeout=60_000,
    )
    settled(page)
    chosen = page.url.partition("customer=")[2]
    assert query(serving, f"select count(*) from marts.at_risk_customers where customer_id = '{chosen}'") == [(1,)]
    page.locator(f'input[value="{chosen}"]').wait_for(timeout=60_000)
    page.go_back()
    page.wait_for_function("document.querySelector('[data-testid=stMain] h1')?.innerText === 'At risk'", timeout=60_000)
    settled(page)
    assert "/at_risk" in page.url


def test_a_filter_stands_in_the_address_and_stays(page: object, address: str) -> None:
    page.goto(address)
    settled(page)
    before = page.locator('[data-testid="stMetricValue"]').first.inner_text()
    page.locator('[data-testid="stSelectbox"]').first.click()
    page.get_by_role("option", name="Last 30 days").click()
    page.wait_for_function("location.search.includes('period=30')", timeout=60_000)
    settled(page)
    after = page.locator('[data-testid="stMetricValue"]').first.inner_text()
    assert after != before
    page.reload()
    settled(page)
    assert page.locator('[data-testid="stMetricValue"]').first.inner_text() == after


def test_a_download_is_the_mart(page: object, address: str, serving: Path, tmp_path: Path) -> None:
    page.goto(address)
    settled(page)
    go(page, "At risk")
    name = re.compile("CSV")
    buttons = page.locator('[data-testid="stDownloadButton"] button').filter(has_text=name)
    for number in range(buttons.count()):
        if not buttons.nth(number).is_visible():
            continue
        with page.expect_download() as download:
            buttons.nth(number).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        if rows and "customer_id" in rows[0]:
            break
    expected = query(serving, "select customer_id, revenue_at_risk_amount::varchar from marts.at_risk_customers")
    assert len(rows) == len(expected)
    assert sorted((row["customer_id"], row["revenue_at_risk_amount"]) for row in rows) == sorted(expected)
    assert all("•••" in row["email"] or not row["email"] for row in rows if "email" in row)


def test_the_numbers_below_a_figure(page: object, address: str) -> None:
    page.goto(address)
    settled(page)
    assert page.locator('[data-testid="stDataFrame"]').count() == 0
    page.locator('[data-testid="stExpander"] summary').first.click()
    page.locator('[data-testid="stDataFrame"]:visible').wait_for(timeout=60_000)
    with page.expect_download() as download:
        page.locator('[data-testid="stDownloadButton"] button:visible').click()
    assert Path(download.value.path()).read_text(encoding="utf-8-sig").startswith("score_from,score_to,customer_count")


def test_a_new_version_appears_by_itself(page: object, address: str, serving: Path, database: Path) -> None:
    page.goto(address)
    settled(page)
    first = query(serving, "select version from serving.publication")[0][0]
    assert first in page.locator('[data-testid="stMain"]').inner_text()
    second = publish(database, serving).version
    page.get_by_text(second).wait_for(timeout=60_000)


def test_controls_by_keyboard(page: object, address: str) -> None:
    """The first control is reached and changed without a mouse."""
    page.goto(address)
    settled(page)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label') || ''").find("Period") >= 0:
            break
    else:
        pytest.fail("the period cannot be reached by the keyboard")
    page.keyboard.type("Last 30")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('period=30')", timeout=60_000)


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_wider_than_the_window(browser: object, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    window = context.new_page()
    for view in VIEWS:
        window.goto(f"{address}/{view.name if view is not VIEWS[0] else ''}")
        settled(window)
        over = window.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth; }"
        )
        assert over <= 1, (view.name, over)
        if width < 640:  # where the header is not see-through
            banner = window.get_by_text("Data as of").first.bounding_box()
            header = window.get_by_test_id("stHeader").bounding_box()
            assert banner["y"] >= header["y"] + header["height"], view.name
    context.close()


def test_the_report_without_a_network(browser: object, serving: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    current: Serving = open_current(serving)
    path.write_text(report(current), encoding="utf-8")
    assert path.stat().st_size < 8_000_000
    context = browser.new_context(offline=True, accept_downloads=True, viewport={"width": 1440, "height": 1000})
    window = context.new_page()
    said: list[str] = []
    window.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    window.on("pageerror", lambda error: said.append(str(error)))
    window.on(
        "request",
        lambda request: said.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None,
    )
    window.goto(path.as_uri())
    window.wait_for_selector(".js-plotly-plot .main-svg", timeout=60_000)
    assert window.locator("figure").count() == window.locator(".js-plotly-plot").count() > 20
    with window.expect_download() as download:
        window.locator("main section button[data-name]:visible").first.click()
    assert os.path.getsize(download.value.path()) > 10  # noqa: PTH202
    assert said == []
    context.close()
