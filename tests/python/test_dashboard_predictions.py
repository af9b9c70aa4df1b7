"""What the pages say of predictions, held against the marts: of models that were trained, that were not, and that should not be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest
from footfall.publish import CURRENT

pytest.importorskip("streamlit", reason="the dashboard's packages are not installed: run `make test`")
from shown_pages import Recorder, answer, copied, on_screen, recorded

from dashboard.predicted import NAMES, said
from dashboard.queries import Serving, open_current

Opened = Callable[[str], Serving]
ServingFor = Callable[[str], Path]
PAGES = ("predictions", "at_risk", "high_value", "commerce", "data_quality")
YES_OR_NO = ("churn", "next_purchase", "high_value")
BEATS = "beats its best baseline, days_since_last_visit: ROC-AUC 0.800 against 0.700, better by 0.100 [0.080, 0.120]"
WEAK = "does not beat its best baseline, days_since_last_visit: ROC-AUC 0.800 against 0.799, better by 0.001 [-0.010, 0.020]"
ALARM = "ROC-AUC 0.990 is too good to be true: look for what leaks"

# Everybody gets a number from 0 to 996, and each prediction another order of them.
NUMBERED = """
    create or replace temp table numbered as
    select
        customer_id, order_count, is_high_value,
        row_number() over (order by customer_id) * 37 % 997 as one,
        row_number() over (order by customer_id) * 101 % 997 as other
    from marts.customer_360
"""
BAND = "case when {0} > 800 then 'high' when {0} > 500 then 'medium' else 'low' end"
DAY = "(select as_of_date from serving.publication)"
REASONS = "'days since the last visit 40 (usual 10): +12 points' as reason_1, null as reason_2, null as reason_3"
PREDICTED = (
    NUMBERED,
    f"""
    insert into marts.churn_predictions by name
    select customer_id, {DAY} as snapshot_on, one / 1000 as churn_probability, {BAND.format("one")} as churn_band, {REASONS},
        28 as horizon_days, 'churn-1' as model_version
    from numbered where order_count > 0
    """,
    f"""
    insert into marts.next_purchase_predictions by name
    select customer_id, {DAY} as snapshot_on, other / 1000 as purchase_probability, {BAND.format("other")} as purchase_band,
        {REASONS}, 'garden' as likely_category, 0.25 as likely_category_probability, 30 as horizon_days,
        'next_purchase-1' as model_version
    from numbered
    """,
    f"""
    insert into marts.high_value_predictions by name
    select customer_id, {DAY} as snapshot_on, other / 1000 as high_value_probability, {BAND.format("other")} as high_value_band,
        {REASONS}, 99.5 as high_value_cut_amount, 28 as horizon_days, 'high_value-1' as model_version
    from numbered
    """,
    f"""
    insert into marts.customer_lifetime_value by name
    select customer_id, {DAY} as snapshot_on, 0.5 as alive_probability, 2 as expected_order_day_count,
        other / 2 as expected_order_day_amount, other as lifetime_value_amount, {BAND.format("other")} as lifetime_value_band,
        {REASONS}, 365 as horizon_days, 'lifetime_value-1' as model_version
    from numbered where order_count > 0
    """,
    "delete from marts.model_metrics where prediction <> 'revenue_forecast'",
)


def judged(prediction: str, verdict: str = BEATS, alarm: str = "") -> list[str]:
    """Statements that give a prediction of yes or no its figures, as judged on 1,000 customers."""
    test = f"'{prediction}' as prediction, '{prediction}-1' as model_version, 'test' as split, date '2025-02-28' as snapshot_on"
    chosen = {
        "roc_auc": (0.8, 0.78, 0.82),
        "precision": (0.5, 0.45, 0.55),
        "brier": (0.15, 0.14, 0.16),
        "brier_of_the_base_rate": (0.2, None, None),
        "base_rate": (0.25, None, None),
        "threshold": (0.4, None, None),
        "true_positive_count": (150, None, None),
        "false_negative_count": (100, None, None),
        "false_positive_count": (150, None, None),
        "true_negative_count": (600, None, None),
    }
    rows = [("chosen", "gradient_boosting", metric, None, *values) for metric, values in chosen.items()]
    for number, (count, predicted, observed) in enumerate(((980, 0.2, 0.25), (20, 0.9, 0.25)), start=1):
        for metric, value in (("count", count), ("predicted", predicted), ("observed", observed)):
            rows.append(("chosen", "gradient_boosting", f"calibration_{metric}", number, value, None, None))
    for number in range(1, 11):
        rows.append(("chosen", "gradient_boosting", "gain", number, number / 10, None, None))
        rows.append(("chosen", "gradient_boosting", "lift", number, 1.0, None, None))
    rows += [
        ("baseline", "days_since_last_order", "roc_auc", None, 0.6, 0.58, 0.62),
        ("baseline", "days_since_last_visit", "roc_auc", None, 0.7, 0.68, 0.72),
        ("audit", "shuffled_outcomes", "roc_auc", None, 0.501, 0.48, 0.52),
        ("audit", "features_from_after_the_outcome", "roc_auc", None, 0.99, 0.98, 0.995),
    ]
    statements = [
        f"""
        insert into marts.model_metrics by name
        select {test}, '{role}' as role, '{candidate}' as candidate, '{metric}' as metric, {_sql(bin)} as bin,
            {value} as metric_value, {_sql(low)} as metric_value_low, {_sql(high)} as metric_value_high,
            1000 as row_count, 250 as positive_count
        """
        for role, candidate, metric, bin, value, low, high in rows
    ]
    notes = {"verdict": verdict, "alarm": alarm}
    return statements + [
        f"""
        insert into marts.model_metrics by name
        select {test}, '{role}' as role, 'gradient_boosting' as candidate, 'note' as metric, '{note}' as note
        """
        for role, note in notes.items()
        if note
    ]


def _sql(value: object) -> str:
    return "null" if value is None else str(value)


LIFETIME = [
    f"""
    insert into marts.model_metrics by name
    select 'lifetime_value' as prediction, 'lifetime_value-1' as model_version, '{role}' as role, '{candidate}' as candidate,
        'test' as split, date '2025-01-31' as snapshot_on, 'rmse' as metric, {value} as metric_value, 500 as row_count
    """
    for role, candidate, value in (
        ("chosen", "mbg_nbd", 40),
        ("baseline", "everybody_alike", 60),
        ("baseline", "own_rate", 90),
    )
] + [
    """
    insert into marts.model_metrics by name
    select 'lifetime_value' as prediction, 'lifetime_value-1' as model_version, 'verdict' as role, 'mbg_nbd' as candidate,
        'test' as split, 'note' as metric, 'beats its best baseline, everybody_alike: mean error 40.0 against 60.0' as note
    """,
    "insert into marts.model_metrics by name select 'next_category' as prediction, 'skipped' as role, 'note' as metric, "
    "'not trained: too few' as note",
]


def predicted(serving_for: ServingFor, to: Path, *more: str, **verdicts: str) -> Path:
    """A published version with predictions of all kinds; `verdicts`: other ones than that the model beats its baseline."""
    folder = copied(serving_for("storefront"), to)
    statements = [*PREDICTED, *LIFETIME]
    for prediction in YES_OR_NO:
        statements += judged(prediction, verdicts.get(prediction, BEATS), verdicts.get(f"{prediction}_alarm", ""))
    with duckdb.connect(str(folder / CURRENT)) as connection:
        for statement in (*statements, *more):
            connection.execute(statement)
    return folder


@pytest.fixture
def with_predictions(serving_for: ServingFor, tmp_path: Path) -> Serving:
    return open_current(predicted(serving_for, tmp_path))


def warned(page: Recorder) -> list[str]:
    return [
        part.partition(">")[2].removesuffix("</p>") for part in page._parts if part.startswith('<p class="said warn"')
    ]


def praised(page: Recorder) -> list[str]:
    return [part for part in page._parts if part.startswith('<p class="said good"')]


# --- what is expected -------------------------------------------------------------------------------------------------


def test_tiles_add_up_what_the_marts_say(with_predictions: Serving) -> None:
    found = recorded(with_predictions, "predictions").found
    for label, query in (
        ("Expected to churn", "select sum(churn_probability) from marts.churn_predictions"),
        ("Expected to order", "select sum(purchase_probability) from marts.next_purchase_predictions"),
        ("Expected high value", "select sum(high_value_probability) from marts.high_value_predictions"),
        ("Customers' worth", "select sum(lifetime_value_amount) from marts.customer_lifetime_value"),
        ("Expected revenue", "select sum(forecast_amount) from marts.revenue_forecast"),
    ):
        assert float(found[label].value) == pytest.approx(float(answer(with_predictions, query))), label
    buyers = answer(with_predictions, "select count(*) from marts.customer_360 where order_count > 0")
    assert f"of {buyers:,} " in found["Expected to churn"].detail and "28 days" in found["Expected to churn"].detail


@pytest.mark.parametrize("view", [*PAGES, "customer"])
def test_pages_with_predictions_on_the_screen(view: str, serving_for: ServingFor, tmp_path: Path) -> None:
    folder = predicted(serving_for, tmp_path)
    customer = answer(open_current(folder), "select min(customer_id) from marts.churn_predictions")
    address = {"customer": customer} if view == "customer" else {}
    assert [error.value for error in on_screen(folder, view, **address).exception] == []


@pytest.mark.parametrize("prediction", NAMES)
def test_every_prediction_can_be_chosen(prediction: str, with_predictions: Serving) -> None:
    page = recorded(with_predictions, "predictions", prediction=prediction)
    assert page.controls["prediction"] == list(NAMES)
    is_trained = prediction != "next_category"
    assert ("predictions_measures" in page.frames) == is_trained
    assert ("predictions_calibration" in page.frames) == (prediction in YES_OR_NO)


# --- how well ---------------------------------------------------------------------------------------------------------


def test_models_stand_beside_the_best_of_the_simple_rules(with_predictions: Serving) -> None:
    for view, key in (("predictions", "predictions_models"), ("data_quality", "quality_models")):
        rows = {row["prediction"]: row for row in recorded(with_predictions, view).frames[key].iter_rows(named=True)}
        churn = rows["Churn"]
        assert (churn["value"], churn["interval"], churn["baseline_value"]) == ("0.800", "0.780 to 0.820", "0.700")
        assert (churn["baseline"], churn["row_count"]) == ("days since last visit", 1000)
        # Of errors the least is best.
        lifetime = rows["Lifetime value"]
        assert (lifetime["value"], lifetime["baseline"], lifetime["baseline_value"]) == (
            "40.00",
            "everybody alike",
            "60.00",
        )
        assert rows["Next category"]["result"] == "not trained"


def test_a_model_that_beats_nothing_is_said_to(serving_for: ServingFor, tmp_path: Path) -> None:
    worse = "does worse than its best baseline, revenue_so_far: ROC-AUC 0.800 against 0.850"
    serving = open_current(predicted(serving_for, tmp_path, churn=WEAK, high_value=worse))
    for view, key in (("predictions", "predictions_models"), ("data_quality", "quality_models")):
        page = recorded(serving, view)
        told = warned(page)
        assert any(text.startswith(f"Churn: gradient boosting {said(WEAK)[:40]}") for text in told)
        assert any(text.startswith(f"High value: gradient boosting {said(worse)[:40]}") for text in told)
        assert not any(text.startswith("Next purchase") for text in told)
        results = dict(page.frames[key].select("prediction", "result").rows())
        assert results["Churn"] == results["High value"] == "no better than its baseline"
        assert results["Next purchase"] == "beats its baseline"
    page = recorded(serving, "predictions", prediction="next_purchase")
    assert any("Next purchase: gradient boosting beats" in text for text in praised(page))
    assert not any("Churn: gradient boosting" in text for text in praised(recorded(serving, "predictions")))
    assert any(text.startswith("High value:") for text in recorded(serving, "high_value").html.split("<p class=note>"))


def test_measures_calibration_and_counts_are_the_marts(with_predictions: Serving) -> None:
    page = recorded(with_predictions, "predictions", prediction="churn")
    measures = {row["measure"]: row for row in page.frames["predictions_measures"].iter_rows(named=True)}
    assert measures["ROC-AUC"]["against"] == "0.700 days since last visit"
    assert (measures["Precision"]["value"], measures["Precision"]["against"]) == ("50.0%", "25.0% base rate")
    assert (measures["Brier score"]["value"], measures["Brier score"]["against"]) == ("0.150", "0.200 base rate")
    bins = page.frames["predictions_calibration"]
    assert bins["customer_count"].to_list() == [980, 20]
    assert bins["observed_count"].to_list() == [245, 5]
    assert "214 were expected, 250 churned" in page.html
    cells = page.frames["predictions_confusion"]
    assert dict(zip(cells.select("seen", "said").rows(), cells["customer_count"], strict=True)) == {
        ("churned", "predicted"): 150,
        ("churned", "not predicted"): 100,
        ("ordered", "predicted"): 150,
        ("ordered", "not predicted"): 600,
    }
    assert page.frames["predictions_gain"]["gain"].to_list() == pytest.approx([tenth / 10 for tenth in range(1, 11)])


def test_audits_and_alarms(serving_for: ServingFor, with_predictions: Serving, tmp_path: Path) -> None:
    page = recorded(with_predictions, "predictions")
    audits = page.frames["predictions_audits"]
    assert audits.height == 3 * len(YES_OR_NO)
    shuffled = audits.filter(pl.col("audit") == "shuffled outcomes")
    assert shuffled["metric_value"].to_list() == [0.501] * 3
    assert any("No alarm" in text for text in praised(page)) and not any("Alarm" in text for text in warned(page))
    (tmp_path / "alarm").mkdir()
    alarming = open_current(predicted(serving_for, tmp_path / "alarm", churn_alarm=ALARM))
    for view in ("predictions", "data_quality"):
        page = recorded(alarming, view)
        assert any(text.startswith(f"Alarm, Churn: {ALARM}") for text in warned(page))
        assert not any("No alarm" in text for text in praised(page))


# --- what to do -------------------------------------------------------------------------------------------------------


def test_lists_are_the_marts_in_order(with_predictions: Serving) -> None:
    page = recorded(with_predictions, "predictions")
    with duckdb.connect(str(with_predictions.path), read_only=True) as connection:
        keep = connection.execute(
            """
            select churning.customer_id
            from marts.churn_predictions as churning
            inner join marts.customer_lifetime_value as worth on churning.customer_id = worth.customer_id
            where lifetime_value_band = 'high' and churn_band <> 'low'
            order by lifetime_value_amount desc, churn_probability desc, churning.customer_id
            """
        ).fetchall()
        buyers = connection.execute(
            """
            select customer_id from marts.next_purchase_predictions where purchase_band = 'high'
            order by purchase_probability desc, customer_id
            """
        ).fetchall()
        likely = connection.execute(
            """
            select customer_id from marts.high_value_predictions as chances
            where high_value_band = 'high' and not exists (
                select 1 from marts.customer_value_labels as labels
                where labels.customer_id = chances.customer_id and labels.is_high_value
            )
            order by high_value_probability desc, customer_id
            """
        ).fetchall()
    assert 0 < len(keep) < 500 < len(buyers)
    assert page.frames["predictions_worth_keeping"].select("customer_id").rows() == keep
    assert page.frames["predictions_buyers"].select("customer_id").rows() == buyers[:500]
    assert f"The first 500 of {len(buyers):,} customers" in page.html and f"All {len(keep):,} customers" in page.html
    found = recorded(with_predictions, "high_value").frames["high_value_likely"]
    assert found.select("customer_id").rows() == likely[:500]


def test_lifetime_values_say_how_far_they_were_judged(
    serving_for: ServingFor, with_predictions: Serving, tmp_path: Path
) -> None:
    days = answer(with_predictions, f"select {DAY} - date '2025-01-31'")
    told = f"look 365 days ahead, and could be judged on {days} days at most"
    assert told in recorded(with_predictions, "predictions").html
    assert recorded(with_predictions, "predictions", prediction="lifetime_value").html.count(told) == 2
    (tmp_path / "near").mkdir()
    near = predicted(serving_for, tmp_path / "near", f"update marts.customer_lifetime_value set horizon_days = {days}")
    assert "days ahead" not in recorded(open_current(near), "predictions").html


def test_a_list_says_that_its_model_is_weak(serving_for: ServingFor, with_predictions: Serving, tmp_path: Path) -> None:
    caution = "No better than a simple rule: churn."
    assert caution not in recorded(with_predictions, "predictions").html
    (tmp_path / "weak").mkdir()
    weak = open_current(predicted(serving_for, tmp_path / "weak", churn=WEAK))
    assert caution in recorded(weak, "predictions").html


def test_targets_at_risk_by_their_risk_to_churn(with_predictions: Serving) -> None:
    page = recorded(with_predictions, "at_risk")
    targets = page.frames["at_risk_customers"]
    assert page.controls["churn"] == ["all", "high", "medium", "low"]
    high = targets.filter(pl.col("churn_band") == "high")
    assert 0 < high.height < targets.height
    expected = round(targets["churn_probability"].sum())
    assert f"{high.height:,} are in the high band" in page.html
    assert f"of the {targets.height:,} asked, {expected:,} are expected to" in page.html
    chosen = recorded(with_predictions, "at_risk", churn="high")
    assert chosen.frames["at_risk_customers"]["customer_id"].to_list() == high["customer_id"].to_list()
    assert f"{high.height:,} customers, " in chosen.html


def test_one_customer_and_what_is_not_asked(with_predictions: Serving) -> None:
    customer = answer(with_predictions, "select min(customer_id) from marts.churn_predictions")
    rows = recorded(with_predictions, "customer", customer=customer).frames["customer_predictions"]
    churn = answer(
        with_predictions, f"select churn_probability from marts.churn_predictions where customer_id = '{customer}'"
    )
    first = rows.row(0, named=True)
    assert (first["prediction"], first["value"]) == ("No order within 28 days", f"{churn:.1%}")
    assert first["reason_1"] == "days since the last visit 40 (usual 10): +12 points"
    assert rows.height == 4
    newcomer = answer(with_predictions, "select min(customer_id) from marts.customer_360 where order_count = 0")
    rows = recorded(with_predictions, "customer", customer=newcomer).frames["customer_predictions"]
    assert rows["value"][0] == "–" and rows["reason_1"][0].startswith("not asked")


# --- the coming days --------------------------------------------------------------------------------------------------


def test_commerce_shows_the_forecast_with_its_interval(with_predictions: Serving) -> None:
    rows = recorded(with_predictions, "commerce").frames["commerce_forecast"]
    coming, known = rows.drop_nulls("forecast_amount"), rows.drop_nulls("revenue_amount")
    for column in ("forecast_amount", "forecast_low_amount", "forecast_high_amount"):
        assert coming[column].sum() == answer(with_predictions, f"select sum({column}) from marts.revenue_forecast")
    assert known.height == 84 and known["revenue_on"].max() < coming["revenue_on"].min()


# --- what there is none of --------------------------------------------------------------------------------------------


def test_what_was_not_trained_says_why(opened: Opened) -> None:
    serving = opened("storefront")
    with duckdb.connect(str(serving.path), read_only=True) as connection:
        notes = dict(
            connection.execute(
                "select prediction, replace(note, 'not trained: ', '') from marts.model_metrics where role = 'skipped'"
            ).fetchall()
        )
    assert {"churn", "high_value"} <= set(notes)
    for view in ("predictions", "data_quality"):
        page = recorded(serving, view)
        for prediction, note in notes.items():
            assert any(said(note) in text and NAMES[prediction] in text for text in page.said), (view, prediction)
    page = recorded(serving, "predictions")
    assert (page.found["Expected to churn"].value, page.found["Expected to churn"].text) == (None, "–")
    assert any("worth keeping cannot be told" in text for text in page.said)
    assert any(said(notes["high_value"]) in text for text in recorded(serving, "high_value").said)
    at_risk = recorded(serving, "at_risk")
    assert "churn" not in at_risk.controls and "expected to" not in at_risk.html


def test_no_forecast_says_why(serving_for: ServingFor, tmp_path: Path) -> None:
    folder = predicted(
        serving_for,
        tmp_path,
        "delete from marts.revenue_forecast",
        "delete from marts.model_metrics where prediction = 'revenue_forecast'",
        "insert into marts.model_metrics by name select 'revenue_forecast' as prediction, 'skipped' as role, "
        "'note' as metric, 'not trained: 30 days are known; a forecast of 28 takes 84' as note",
    )
    page = recorded(open_current(folder), "commerce")
    assert "commerce_forecast" not in page.frames
    assert any("30 days are known; a forecast of 28 takes 84" in text for text in page.said)


def test_models_without_anybody_to_ask(serving_for: ServingFor, tmp_path: Path) -> None:
    """Trained and judged, and today nobody is asked."""
    folder = predicted(serving_for, tmp_path, "delete from marts.churn_predictions")
    page = recorded(open_current(folder), "predictions")
    assert any(text.startswith("Churn: there is nobody") for text in page.said)
    assert "predictions_measures" in page.frames
