"""What the pages on behaviour and on payments say, told again from the marts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from footfall.publish import CURRENT

pytest.importorskip("streamlit", reason="the dashboard's packages are not installed: run `make test`")
import plotly.graph_objects as go
from shown_pages import Recorder, answer, copied

from dashboard.contents import VIEWS
from dashboard.judged import judged
from dashboard.page import PERIODS, period_of
from dashboard.queries import Serving, open_current

DAY = timedelta(days=1)
FEWEST = 30
WINDOWS = (24, 60)
CARTS = "marts.cart_abandonment"
FAILURES = "marts.payment_recoveries"


class Drawn(Recorder):
    """A page that remembers its figures and texts too."""

    def __init__(self, serving: Serving, name: str, choices: dict[str, str]) -> None:
        super().__init__(serving, name, choices)
        self.figures: dict[str, go.Figure] = {}
        self.helps: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        self.texts: list[str] = []
        self.chosen: dict[str, str] = {}

    def choose(self, key, label, options, default=None, help=""):
        self.chosen[key] = super().choose(key, label, options, default, help)
        return self.chosen[key]

    def metrics(self, metrics, note=""):
        self.texts.append(note)
        super().metrics(metrics, note)

    def note(self, text):
        self.texts.append(text)
        super().note(text)

    def chart(self, figure, rows, title, *, key, **more):
        self.figures[key], self.titles[key] = figure, title
        self.helps[key], self.notes[key] = more.get("help", ""), more.get("note", "")
        super().chart(figure, rows, title, key=key, **more)


def drawn(serving: Serving, view: str, **choices: str) -> Drawn:
    page = Drawn(serving, view, choices)
    next(one for one in VIEWS if one.name == view).show(page)
    return page


def asked(serving: Serving, query: str, *values: object) -> list[tuple]:
    with duckdb.connect(str(serving.path), read_only=True) as connection:
        return connection.execute(query, values).fetchall()


def changed(folder: Path, to: Path, *statements: str) -> Serving:
    """A copy of the published version in which these statements were run."""
    made = copied(folder, to)
    with duckdb.connect(str(made / CURRENT)) as connection:
        for statement in statements:
            connection.execute(statement)
    return open_current(made)


def with_window(folder: Path, to: Path, hours: int) -> Serving:
    """The version as it were had a conversion window of so many hours been set."""
    settings = json.loads(answer(open_current(folder), "select settings from serving.publication"))
    told = json.dumps({**settings, "conversion_window_hours": str(hours)}).replace("'", "''")
    judged = f"+ interval {hours} hour <= (select as_of_date + 1 from serving.publication)"
    return changed(
        folder,
        to,
        f"update serving.publication set settings = '{told}'",
        f"update {CARTS} set is_mature = carted_at {judged}",
        f"update {FAILURES} set is_mature = first_failed_at {judged}",
    )


def shapes(figure: go.Figure) -> list[tuple[str, date, date]]:
    """The shaded stretches: what they say, from when and to when."""
    texts = [annotation.text for annotation in figure.layout.annotations]
    return [(text, _day(one.x0), _day(one.x1)) for text, one in zip(texts, figure.layout.shapes, strict=True)]


def _day(value: object) -> date:
    return value if type(value) is date else datetime.fromisoformat(str(value)).date()


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


# --- the same days now and before -------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", WINDOWS)
def test_carts_are_compared_over_the_same_days(hours: int, serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    serving = with_window(serving_for("storefront"), tmp_path, hours)
    page = drawn(serving, "behaviour", period="30", grain="day")
    last = serving.publication.as_of_date - timedelta(days=-(-hours // 24))
    first = serving.publication.as_of_date - timedelta(days=29)
    [now] = _carts(serving, first, last)
    [before] = _carts(serving, first - timedelta(days=30), last - timedelta(days=30))
    assert before[0] >= FEWEST
    assert (page.found["Visits with a cart"].value, page.found["Visits with a cart"].before) == (now[0], before[0])
    assert (page.found["Left behind"].value, page.found["Left behind"].before) == (now[2], before[2])
    assert page.found["Abandoned"].before == pytest.approx(before[1] / before[0])
    days = (last - first).days + 1
    assert any(f"{days} days" in text and "before" in text for text in page.texts)
    # The other figures of the section are about the same carts.
    assert page.frames["behaviour_carts"]["cart_count"].sum() == now[0]
    assert page.frames["behaviour_carts"]["carted_on"].max() == last
    assert page.frames["behaviour_cart_stages"]["abandoned_amount"].sum() == now[2]


def _carts(serving: Serving, first: date, last: date) -> list[tuple[int, int, Decimal]]:
    return asked(
        serving,
        f"select count(*), count_if(is_abandoned), sum(cart_amount) filter (is_abandoned) from {CARTS} "
        "where carted_at >= $1 and carted_at < $2",
        first,
        last + DAY,
    )


@pytest.mark.parametrize("hours", WINDOWS)
def test_failures_are_compared_over_the_same_days(
    hours: int, serving_for: Callable[[str], Path], tmp_path: Path
) -> None:
    serving = with_window(serving_for("storefront"), tmp_path, hours)
    page = drawn(serving, "payments", period="30")
    last = serving.publication.as_of_date - timedelta(days=-(-hours // 24))
    first = serving.publication.as_of_date - timedelta(days=29)
    now, before = (
        asked(
            serving,
            f"select count(*), sum(lost_amount) from {FAILURES} where first_failed_at >= $1 and first_failed_at < $2",
            first - back,
            last + DAY - back,
        )[0]
        for back in (timedelta(0), timedelta(days=30))
    )
    told = page.found["Orders with a failure"], page.found["Lost for good"]
    assert [metric.value for metric in told] == list(now)
    assert [metric.before for metric in told] == (list(before) if before[0] >= FEWEST else [None, None])
    assert any(f"{(last - first).days + 1} days" in text and "before" in text for text in page.texts) == (
        before[0] >= FEWEST
    )
    parameters = judged(page, period_of("30", serving.publication)).parameters
    [found] = serving.rows("payments/recoveries", **parameters).rows(named=True)
    assert (found["before_failure_count"], found["before_lost_amount"]) == before
    # By way and by reason it is about the same failures.
    for statement in ("payments/recovery_ways", "payments/recovery_reasons"):
        rows = serving.rows(statement, **parameters)
        assert (rows["failure_count"].sum(), rows["lost_amount"].sum()) == now


def test_a_period_shorter_than_the_window_compares_nothing(serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    serving = with_window(serving_for("storefront"), tmp_path, 24 * 40)
    page = drawn(serving, "behaviour", period="30")
    assert page.found["Visits with a cart"].value == 0
    assert page.found["Visits with a cart"].before is None
    assert "Orders with a failure" not in drawn(serving, "payments", period="30").found


# --- hours ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", PERIODS)
def test_visits_by_hour_are_means_of_the_days(choice: str, opened: Callable[[str], Serving]) -> None:
    serving = opened("storefront")
    period = period_of(choice, serving.publication)
    visits = asked(serving, "select started_at from marts.fct_sessions")
    begun = max(period.first, min(at for (at,) in visits).date())
    days = Counter((begun + timedelta(days=number)).isoweekday() for number in range((period.last - begun).days + 1))
    counted = Counter((at.isoweekday(), at.hour) for (at,) in visits if period.first <= at.date() <= period.last)
    page = drawn(serving, "behaviour", period=choice)
    rows = page.frames["behaviour_hours"]
    assert rows["session_count"].sum() == counted.total()
    for row in rows.rows(named=True):
        cell = row["weekday"], row["hour_of_day"]
        assert row["session_count"] == counted[cell]
        assert row["day_count"] == days[row["weekday"]]
        assert row["mean_sessions"] == pytest.approx(counted[cell] / days[row["weekday"]])
    assert "per hour" in page.titles["behaviour_hours"] and "mean" in page.titles["behaviour_hours"]
    heat = page.figures["behaviour_hours"].data[0]
    assert max(value for line in heat.z for value in line if value is not None) == pytest.approx(
        rows["mean_sessions"].max(), rel=0.01
    )


# --- approval over time -----------------------------------------------------------------------------------------------


def test_no_slice_no_second_line(
    opened: Callable[[str], Serving], serving_for: Callable[[str], Path], tmp_path: Path
) -> None:
    without = changed(
        serving_for("storefront"), tmp_path, "update marts.payment_failure_drivers set is_significant = false"
    )
    for serving, choices in ((opened("storefront"), {"slice": "none"}), (without, {})):
        page = drawn(serving, "payments", period="all", **choices)
        assert {trace.name for trace in page.figures["payments_over_time"].data} == {"95 % interval", "All attempts"}
        assert not any(name.startswith("slice") for name in page.frames["payments_over_time"].columns)
        rows = serving.rows(
            "payments/over_time",
            grain="week",
            slice_breakdown="",
            slice_value="",
            **period_of("all", serving.publication).parameters,
        )
        assert rows["slice_attempt_count"].sum() == 0
    chosen = drawn(opened("storefront"), "payments", period="all")
    assert len(chosen.figures["payments_over_time"].data) == 3


@pytest.mark.parametrize("is_one_day", [False, True])
@pytest.mark.parametrize("grain", ["day", "week"])
def test_days_of_failure_are_shaded_to_their_end(
    is_one_day: bool, grain: str, serving_for: Callable[[str], Path], tmp_path: Path
) -> None:
    one_day = "update marts.payment_failure_drivers set failing_to = failing_from"
    serving = changed(serving_for("storefront"), tmp_path, *([one_day] if is_one_day else []))
    [(first, last)] = asked(
        serving,
        "select failing_from, failing_to from marts.payment_failure_drivers where is_significant "
        "order by driver_rank, slice_id limit 1",
    )
    page = drawn(serving, "payments", period="all", grain=grain)
    assert ("days of failure", first, last + DAY) in shapes(page.figures["payments_over_time"])


@pytest.mark.parametrize("choice", ["30", "90", "all"])
def test_attempts_by_week_are_whole_weeks(choice: str, opened: Callable[[str], Serving]) -> None:
    serving = opened("storefront")
    page = drawn(serving, "payments", period=choice, grain="week", slice="none")
    rows = page.frames["payments_over_time"]
    counted = Counter(monday(day) for (day,) in asked(serving, "select attempted_on from marts.fct_payments"))
    begun = monday(period_of(choice, serving.publication).first)
    assert dict(rows.select("attempted_on", "attempt_count").iter_rows()) == {
        week: count for week, count in counted.items() if week >= begun
    }
    _weeks_are_marked(page, "payments_over_time", "attempted_on", serving.publication.as_of_date)


@pytest.mark.parametrize("choice", ["30", "90", "all"])
def test_carts_by_week_are_whole_weeks_of_judged_carts(choice: str, opened: Callable[[str], Serving]) -> None:
    serving = opened("storefront")
    page = drawn(serving, "behaviour", period=choice, grain="week")
    rows = page.frames["behaviour_carts"]
    counted = Counter(monday(day) for (day,) in asked(serving, f"select carted_on from {CARTS} where is_mature"))
    begun = monday(period_of(choice, serving.publication).first)
    assert dict(rows.select("carted_on", "cart_count").iter_rows()) == {
        week: count for week, count in counted.items() if week >= begun
    }
    _weeks_are_marked(page, "behaviour_carts", "carted_on", serving.publication.as_of_date - DAY)


def _weeks_are_marked(page: Drawn, key: str, week: str, last: date) -> None:
    """A week that the data does not cover to its ends says so and is shaded."""
    rows = page.frames[key]
    begun = page.publication.first_day
    for row in rows.rows(named=True):
        assert row["is_complete"] == (row[week] >= begun and row[week] + 6 * DAY <= last), row
    said = {text for text, _, _ in shapes(page.figures[key])}
    assert ("not over yet" in said) == (not rows["is_complete"][-1])
    assert ("began within" in said) == (not rows["is_complete"][0])
    assert "Whole weeks" in page.notes[key]


def test_a_week_that_is_over_is_not_shaded(serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    """The data ends with a Sunday here, or with the Monday after it."""
    folder = serving_for("storefront")
    as_of = open_current(folder).publication.as_of_date
    sunday = monday(as_of) - DAY
    for number, (last, is_over) in enumerate(((sunday, True), (sunday + DAY, False))):
        (tmp_path / str(number)).mkdir()
        serving = changed(
            folder,
            tmp_path / str(number),
            f"update serving.publication set as_of_date = '{last}'",
            f"delete from marts.daily_kpis where kpi_date > '{last}'",
            f"delete from marts.fct_payments where attempted_on > '{last}'",
        )
        page = drawn(serving, "payments", period="30", grain="week", slice="none")
        said = {text for text, _, _ in shapes(page.figures["payments_over_time"])}
        assert ("not over yet" in said) != is_over


# --- who stopped, and how many can be judged --------------------------------------------------------------------------


def test_a_customer_who_stopped_is_told_by_one_entry(serving_for: Callable[[str], Path], tmp_path: Path) -> None:
    """Entries of one moment: all that is said of them comes from one, and always the same."""
    folder = serving_for("storefront")
    [(funnel, unit, step, customer, units)] = asked(
        open_current(folder),
        "select funnel, unit, furthest_step_number, customer_id, list(unit_id order by unit_id) from marts.funnel_conversions "
        "where is_mature and customer_id is not null and scope_value = 'all' and furthest_step_number = 1 "
        "group by all having count(*) > 2 order by unit, funnel, count(*) desc, customer_id limit 1",
    )
    where = (
        f"funnel = '{funnel}' and unit = '{unit}' and customer_id = '{customer}' and furthest_step_number = {step} "
        "and is_mature and scope_value = 'all'"
    )
    latest = "(select as_of_date from serving.publication)"
    serving = changed(
        folder,
        tmp_path,
        f"update marts.funnel_conversions set entered_at = {latest}, device_type = 'kiosk', "
        f"traffic_channel = 'post', category = 'hats' where {where}",
        f"update marts.funnel_conversions set device_type = null, category = 'caps' where {where} and unit_id = '{units[0]}'",
        f"update marts.funnel_conversions set traffic_channel = null where {where} and unit_id = '{units[1]}'",
    )
    rows = serving.rows(
        "behaviour/stopped_customers",
        funnel=funnel,
        unit=unit,
        step_number=str(step + 1),
        breakdown="all",
        breakdown_value="all",
    )
    [row] = [row for row in rows.rows(named=True) if row["customer_id"] == customer]
    assert (row["device_type"], row["traffic_channel"], row["category"]) == (None, "post", "caps")
    assert row["stop_count"] == len(units)


@pytest.mark.parametrize("breakdown", ["device_type", "traffic_channel", "country", "category", "gateway"])
def test_the_entries_of_one_value_are_its_own(breakdown: str, opened: Callable[[str], Serving]) -> None:
    serving = opened("storefront")
    told = 0
    for funnel in drawn(serving, "behaviour").controls["funnel"]:
        chosen = {"funnel": funnel, "breakdown": breakdown}
        for value in drawn(serving, "behaviour", **chosen).controls["value"][1:4]:
            page = drawn(serving, "behaviour", **chosen, value=value)
            unit = page.chosen["unit"]
            [(entries, young)] = asked(
                serving,
                "select count(*), count(*) filter (not is_mature) from marts.funnel_conversions "
                f"where funnel = $1 and unit = $2 and coalesce({breakdown}, 'unknown') = $3",
                funnel,
                unit,
                value,
            )
            assert any(f" {young:,} of {entries:,} entries are younger" in text for text in page.texts), value
            entered = page.found.get(f"{unit.capitalize()}s that entered")
            if entered:
                assert entered.value == entries - young
                told += value != "unknown"
    assert told


# --- tooltips ---------------------------------------------------------------------------------------------------------


def test_shares_that_failed_are_defined_as_such(opened: Callable[[str], Serving]) -> None:
    page = drawn(opened("storefront"), "payments")
    assert page.helps["payments_slices"] == page.define("payment_failure_drivers", "failure_rate")
    assert page.helps["payments_slices"]
