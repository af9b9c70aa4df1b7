"""Model cards say what model_metrics says: each verdict at the top, no number of their own, the same bytes each time."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from conftest import PROJECT
from footfall.predictions import cards
from footfall.predictions.artifacts import Metadata
from footfall.predictions.building import FIGURES
from footfall.predictions.card_texts import CARDS
from footfall.predictions.cards import FINE, INDEX, NOT_WRITTEN, USAGE, main, read_build
from footfall.predictions.cards import cards as cards_of
from footfall.predictions.tasks import TASKS

WRITTEN = PROJECT / "docs" / "model_cards"
AS_OF = date(2025, 6, 30)
SNAPSHOTS = [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 30), date(2025, 5, 31)]
VALIDATION, TEST = date(2025, 4, 30), date(2025, 5, 31)
VERDICTS = {
    "churn": "beats its best baseline, days_since_last_visit: ROC-AUC 0.823 against 0.788",
    "high_value": "does not beat its best baseline, revenue_so_far: ROC-AUC 0.701 against 0.703",
    "next_purchase": "beats its best baseline, days_since_last_visit: ROC-AUC 0.990 against 0.826",
    "next_category": "does worse than its best baseline, category_bought_most: share of right guesses 0.211 against 0.280",
    "revenue_forecast": "beats its best baseline, seasonal_naive: WAPE 0.131 against 0.164",
}
ALARM = "ROC-AUC 0.990 is too good to be true: look for what leaks"
SECOND_ALARM = "ranks shuffled outcomes better than chance: the procedure leaks"
SKIPPED = "not trained: the outcomes of 1 of the 2 periods of 60 days that it takes are known by 2025-06-30"


def figure(prediction: str, role: str, candidate: str, metric: str, value: float | None, **others: object) -> dict:
    """A row of model_metrics, on the test period unless told."""
    row = dict.fromkeys(FIGURES) | {"prediction": prediction, "role": role, "candidate": candidate, "metric": metric}
    row |= {"model_version": f"{prediction}-1", "split": "test", "snapshot_on": TEST, "metric_value": value}
    return row | {"row_count": 1234, "positive_count": 321} | others


def note(prediction: str, role: str, text: str) -> dict:
    """A row with a note."""
    return figure(prediction, role, "chosen_one", "note", None, note=text, row_count=None, positive_count=None)


def made_up() -> list[dict]:
    """Figures of a build: churn beats its baseline, high value does not, next purchase alarms, lifetime value was not trained."""
    rows = []
    for name in ("churn", "high_value", "next_purchase"):
        before = {"split": "validation", "snapshot_on": VALIDATION, "row_count": 987, "positive_count": 98}
        rows += [
            figure(
                name,
                "candidate",
                "chosen_one",
                "roc_auc",
                0.7771,
                metric_value_low=0.7662,
                metric_value_high=0.7883,
                **before,
            ),
            figure(
                name,
                "candidate",
                "other_one",
                "roc_auc",
                0.7551,
                metric_value_low=0.7442,
                metric_value_high=0.7663,
                **before,
            ),
            figure(name, "chosen", "chosen_one", "roc_auc", 0.8231, metric_value_low=0.8132, metric_value_high=0.8313),
            figure(name, "chosen", "chosen_one", "pr_auc", None),
            figure(
                name, "baseline", "simple_rule", "roc_auc", 0.7881, metric_value_low=0.7782, metric_value_high=0.7983
            ),
            figure(
                name,
                "baseline",
                "simple_rule",
                "roc_auc_gained",
                0.0351,
                metric_value_low=0.0292,
                metric_value_high=0.0413,
            ),
            figure(
                name, "audit", "shuffled_outcomes", "roc_auc", 0.4961, metric_value_low=0.4862, metric_value_high=0.5093
            ),
            figure(
                name,
                "audit",
                "features_from_after_the_outcome",
                "roc_auc",
                0.9991,
                metric_value_low=0.9982,
                metric_value_high=0.9993,
            ),
            figure(name, "chosen", "chosen_one", "threshold", 0.4631),
            *(
                figure(name, "chosen", "chosen_one", f"{kind}_count", count)
                for kind, count in (
                    ("true_positive", 201.0),
                    ("false_positive", 95.0),
                    ("false_negative", 120.0),
                    ("true_negative", 818.0),
                )
            ),
            *(
                figure(name, "chosen", "chosen_one", "gain", min(1.0, 0.31 * number), bin=number)
                for number in range(1, 11)
            ),
            *(figure(name, "chosen", "chosen_one", "lift", 3.1 / number, bin=number) for number in range(1, 11)),
            figure(name, "chosen", "chosen_one", "calibration_count", 777.0, bin=2),
            figure(name, "chosen", "chosen_one", "calibration_predicted", 0.1521, bin=2),
            figure(name, "chosen", "chosen_one", "calibration_observed", 0.1631, bin=2),
            note(name, "verdict", VERDICTS[name]),
        ]
    rows += [note("next_purchase", "alarm", ALARM), note("next_purchase", "alarm", SECOND_ALARM)]
    rows += [
        figure("next_category", "chosen", "chosen_one", "accuracy", 0.2111, positive_count=None),
        figure(
            "next_category",
            "baseline",
            "category_bought_most",
            "accuracy_gained",
            -0.0691,
            metric_value_low=-0.081,
            metric_value_high=-0.051,
        ),
        note("next_category", "verdict", VERDICTS["next_category"]),
    ]
    skipped = dict.fromkeys(FIGURES) | {
        "prediction": "lifetime_value",
        "role": "skipped",
        "metric": "note",
        "note": SKIPPED,
    }
    first = {"snapshot_on": date(2025, 6, 3), "row_count": 28, "positive_count": None}
    return [
        *rows,
        skipped,
        figure("revenue_forecast", "chosen", "weekday_means", "wape", 0.1311, **first),
        figure("revenue_forecast", "chosen", "weekday_means", "total_off_rate", -0.1031, **first),
        figure("revenue_forecast", "baseline", "seasonal_naive", "wape", 0.1641, **first),
        note("revenue_forecast", "verdict", VERDICTS["revenue_forecast"]),
    ]


def written(folder: Path, rows: list[dict], settings: dict | None = None) -> Path:
    """A database with such figures, and models' metadata in `artifacts` beside it."""
    told = {"source_system": "storefront", "as_of_date": AS_OF, "lifetime_test_days": 60} | (settings or {})
    database = folder / "made.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema marts; create schema intermediate")
        connection.register("rows", pl.DataFrame(rows, schema=FIGURES).to_arrow())
        connection.execute("create table marts.model_metrics as from rows")
        connection.register("settings", pl.DataFrame([told], schema_overrides={"as_of_date": pl.Date}).to_arrow())
        connection.execute("create table intermediate.int_prediction_settings as from settings")
    for name in {row["prediction"] for row in rows if row["model_version"]} - {"revenue_forecast"}:
        place = folder / "artifacts" / "storefront" / name
        place.mkdir(parents=True)
        (place / f"{name}-1.json").write_text(json.dumps(asdict(metadata(name))), encoding="utf-8")
    return database


def metadata(name: str) -> Metadata:
    """What a made-up model is."""
    days = [one.isoformat() for one in SNAPSHOTS]
    features = ["recency_days", "idle_days", "country", "age"]
    return Metadata(
        name, f"{name}-1", "chosen_one", "storefront", AS_OF.isoformat(), 28, days, 4321, features, {}, 0.5, {}, None,
        "0123456789abcdef0123", "", {"scikit-learn": "1.9.9"},
    )  # fmt: skip


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made-up build, named as a user names it."""
    monkeypatch.delenv("FOOTFALL_ARTIFACTS", raising=False)
    made = written(tmp_path, made_up())
    monkeypatch.setenv("FOOTFALL_DB", str(made))
    return made


def headline(card: str) -> list[str]:
    """The lines of the quote below the title."""
    return [line.removeprefix("> ").strip("*") for line in card.split("\n\n")[1].splitlines() if line != ">"]


def test_each_card_begins_with_its_verdict(database: Path) -> None:
    told = cards_of(read_build(database))
    assert set(told) == {INDEX, *(f"{name}.md" for name in CARDS)}
    for name in ("churn", "high_value", "revenue_forecast"):
        assert headline(told[f"{name}.md"]) == [f"{VERDICTS[name][0].upper()}{VERDICTS[name][1:]}."]
    assert headline(told["next_purchase.md"]) == [
        f"Alarm: {ALARM}.",
        f"Alarm: {SECOND_ALARM}.",
        f"{VERDICTS['next_purchase'][0].upper()}{VERDICTS['next_purchase'][1:]}.",
    ]
    assert headline(told["lifetime_value.md"]) == [f"{SKIPPED[0].upper()}{SKIPPED[1:]}."]
    assert "Does worse than its best baseline, category_bought_most" in told["next_purchase.md"]
    for verdict in (*VERDICTS.values(), SKIPPED, ALARM):
        assert verdict in told[INDEX]


def test_a_card_shows_the_figures(database: Path) -> None:
    card = cards_of(read_build(database))["churn.md"]
    for line in (
        "| ROC-AUC | 0.777 [0.766, 0.788] | 0.755 [0.744, 0.766] |",
        "| ROC-AUC | 0.823 [0.813, 0.831] | 0.788 [0.778, 0.798] |",
        "| PR-AUC | – | – |",
        "| the model is better by | – | 0.035 [0.029, 0.041] |",
        "### Yes from a probability of 0.463 on",
        "| yes | 201 | 95 |",
        "| no | 120 | 818 |",
        "| 0.1 to 0.2 | 777 | 15.2 % | 16.3 % |",
        "| 1 | 31.0 % | 3.10 |",
        "ROC-AUC 0.496 [0.486, 0.509]; chance is 0.5",
        "ROC-AUC 0.999 [0.998, 0.999] in place of 0.823 [0.813, 0.831]",
        "4 features of 3 themes",
        "learned from 4,321 rows",
        "scikit-learn 1.9.9",
        "`0123456789abcdef`",
    ):
        assert line in card, line


def test_periods_are_those_that_were_learned_from(database: Path) -> None:
    """May's outcomes are known by the end of June, and those of April before May's snapshot."""
    card = cards_of(read_build(database))["churn.md"]
    rows = [line for line in card.splitlines() if line.startswith(("| chosen (", "| judged (", "| in use"))]
    assert rows == [
        "| chosen (validation) | 3 snapshots, 2025-01-31 to 2025-03-31 | 2025-04-30 | 2025-05-01 to 2025-05-28 | 987 | 98 (9.9 %) |",
        "| judged (test) | 4 snapshots, 2025-01-31 to 2025-04-30 | 2025-05-31 | 2025-06-01 to 2025-06-28 | 1,234 | 321 (26.0 %) |",
        "| in use | 5 snapshots, 2025-01-31 to 2025-05-31 | 2025-06-30 | 2025-07-01 to 2025-07-28 | – | not known yet |",
    ]


def test_a_forecast_has_no_file_and_no_customers(database: Path) -> None:
    card = cards_of(read_build(database))["revenue_forecast.md"]
    assert "the 28 days from 2025-06-03 to 2025-06-30" in card
    assert "| WAPE | 0.131 | 0.164 |" in card
    assert "| all together off by | -10.3 % | – |" in card
    assert "predict.py" not in card and "## Versions" not in card


def test_what_was_not_trained_says_why_and_has_no_figures(database: Path) -> None:
    card = cards_of(read_build(database))["lifetime_value.md"]
    assert "## On the test period" not in card and "## Data and periods" not in card
    assert "## How to use it" in card and "## Limits" in card


def test_a_build_of_nothing_has_cards_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOOTFALL_ARTIFACTS", raising=False)
    told = cards_of(read_build(written(tmp_path, [], {"as_of_date": None})))
    assert set(told) == {INDEX, *(f"{name}.md" for name in CARDS)}
    for name in CARDS:
        assert headline(told[f"{name}.md"]) == ["Not trained: nothing has happened yet."]


def test_same_build_same_bytes_whatever_the_order_of_rows(database: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = written(tmp_path / "other", made_up()[::-1])
    assert cards_of(read_build(database)) == cards_of(read_build(other))


def test_numbers_are_of_model_metrics_alone(database: Path) -> None:
    """Every number with a decimal point is a figure, rounded; other ones are dates, counts and versions."""
    figures = [value for row in made_up() for name, value in row.items() if isinstance(value, float)]
    known = (
        {f"{value:.3f}" for value in figures}
        | {f"{value:.2f}" for value in figures}
        | {f"{100 * value:.1f}" for value in figures}
    )
    known |= {f"{number / 10:.1f}" for number in range(11)} | {"26.0", "9.9", "26.1"}
    text = "".join(text for name, text in cards_of(read_build(database)).items() if name != INDEX)
    text = re.sub(r"scikit-learn \S+|^> .*$|0\.5\b", "", text, flags=re.MULTILINE)
    told = set(re.findall(r"(?<![\w.-])\d+\.\d+", text))
    assert len(told) > 20
    assert told - known == set()


def test_the_command_writes_all_or_nothing(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "cards"
    assert main(["--out", str(out)]) == FINE
    assert capsys.readouterr().out == f"5 cards and their index in {out}\n"
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(["--out", str(out)]) == FINE
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    capsys.readouterr()
    (tmp_path / "artifacts" / "storefront" / "churn" / "churn-1.json").unlink()
    assert main(["--out", str(out)]) == NOT_WRITTEN
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("model_cards.py: ") and "churn-1.json" in line and "Fix:" in line
    (out / "mine.md").write_text("mine", encoding="utf-8")
    assert main(["--out", str(out)]) == USAGE
    assert "mine.md is no card and would be lost. Fix:" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.name != "mine.md"} == before
    monkeypatch.setenv("FOOTFALL_DB", str(tmp_path / "none.duckdb"))
    assert main(["--out", str(tmp_path / "new")]) == USAGE
    assert "there is no such database. Fix:" in capsys.readouterr().err


# --- the cards of the project -----------------------------------------------------------------------------------------


def test_every_prediction_has_a_card_in_the_docs() -> None:
    assert {path.name for path in WRITTEN.iterdir()} == {INDEX, *(f"{name}.md" for name in CARDS)}
    marts = {path.stem for path in (PROJECT / "models" / "marts" / "predictions").glob("*.py")} - {"model_metrics"}
    assert {texts.mart for texts in CARDS.values()} == marts


@pytest.mark.parametrize("name", [INDEX, *(f"{name}.md" for name in CARDS)])
def test_links_of_the_cards_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", (WRITTEN / name).read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        assert (WRITTEN / file).is_file()
        titles = re.findall(r"^#+ (.+)$", (WRITTEN / file).read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in {title.lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", CARDS)
def test_cards_say_what_the_project_says(name: str) -> None:
    """Texts that are not figures are as the code and the YAML have them now: `make cards` writes the cards anew."""
    card = (WRITTEN / f"{name}.md").read_text(encoding="utf-8")
    what, _, asked = cards.described(CARDS[name].mart)
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    for text in (what, CARDS[name].use, CARDS[name].query, *CARDS[name].limits):
        assert text in card
    assert all(f"{one[0].upper()}{one[1:]}?" in card for one in asked)
    if name in TASKS:
        features = TASKS[name].features(variables)
        themes = {one.theme for one in features}
        assert f"{len(features)} features of {len(themes)} themes." in card
        assert all(one.said in card for one in features)
    named = {one for text in CARDS[name].limits for one in re.findall(r"`(\w+)`", text)}
    assert named <= set(variables)


@pytest.mark.parametrize("name", CARDS)
def test_a_cards_query_runs_on_the_columns_of_its_mart(name: str) -> None:
    path = PROJECT / "models" / "marts" / "predictions" / f"{CARDS[name].mart}.yml"
    [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    types = {"string": "varchar"}
    columns = ", ".join(f"{one['name']} {types.get(one['data_type'], one['data_type'])}" for one in model["columns"])
    with duckdb.connect() as connection:
        connection.execute(f"create schema marts; create table marts.{CARDS[name].mart} ({columns})")
        assert connection.execute(CARDS[name].query).fetchall() == []
