"""`scripts/predict.py` scores as a build does, from a file, a landing or a database, and refuses what cannot be scored in one line."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
import skops.io
from conftest import PROJECT
from footfall.predictions import scoring
from footfall.predictions.artifacts import ArtifactError, current, load
from footfall.predictions.given import GivenError, read
from footfall.predictions.reading import PredictError, UsageError
from footfall.predictions.scoring import FINE, NOT_SCORED, PREDICTIONS, USAGE, main, predict

MARTS = {
    "churn": "churn_predictions",
    "high_value": "high_value_predictions",
    "next_purchase": "next_purchase_predictions",
    "lifetime_value": "customer_lifetime_value",
}
FEATURES = "intermediate.int_customer_features_snapshotted"


@dataclass(frozen=True)
class Shop:
    """A landing, the database with the predictions made of it, and the saved models."""

    landing: Path
    database: Path
    artifacts: Path

    def model(self, prediction: str) -> Path:
        """The metadata's file of the newest model."""
        return current(self.artifacts, "storefront", prediction)

    def rows(self, sql: str) -> pl.DataFrame:
        """What a query finds."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.sql(sql).pl()

    def features(self) -> pl.DataFrame:
        """The newest snapshot."""
        return self.rows(f"from {FEATURES} where is_latest order by customer_id")


@pytest.fixture(scope="session")
def shop(half_year: Path, predicted: Path) -> Shop:
    """A small shop with trained models; nobody may change it."""
    return Shop(half_year, predicted, predicted.parent / "artifacts")


@pytest.fixture
def of_shop(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, named by the environment as a user names it."""
    monkeypatch.setenv("FOOTFALL_DB", str(shop.database))
    monkeypatch.setenv("FOOTFALL_ARTIFACTS", str(shop.artifacts))
    return shop


def mart(shop: Shop, prediction: str) -> pl.DataFrame:
    """A prediction's mart, in the order of customers."""
    return shop.rows(f"from marts.{MARTS[prediction]} order by customer_id")


def differing(path: Path, shop: Shop, prediction: str) -> int:
    """How many rows of a CSV of scores are not the mart's, and of the mart's not the CSV's; NULL is nothing, empty text is ""."""
    options = "all_varchar = true, header = true, allow_quoted_nulls = false"
    of_mart = f"marts.{MARTS[prediction]}"
    with duckdb.connect(str(shop.database), read_only=True) as connection:
        columns = connection.execute(f"describe {of_mart}").fetchall()
        told = connection.execute(f"describe from read_csv('{path}', {options})").fetchall()
        assert [name for name, *_ in told] == [name for name, *_ in columns]
        casts = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind, *_ in columns)
        scores = f"(select {casts} from read_csv('{path}', {options}))"
        both = f"((from {of_mart}) except all {scores}) union all ({scores} except all (from {of_mart}))"
        return connection.execute(f"select count(*) from ({both})").fetchall()[0][0]


# --- the scores -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prediction", MARTS)
def test_scores_are_the_marts_row_for_row(of_shop: Shop, prediction: str, tmp_path: Path) -> None:
    """From the database, from its features as a Parquet file and as a CSV: all the same, all the mart."""
    expected = mart(of_shop, prediction)
    assert expected.height > 100
    predict(prediction, tmp_path / "database.parquet")
    of_shop.features().sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / "features.parquet")
    predict(prediction, tmp_path / "file.parquet", features=tmp_path / "features.parquet")
    with duckdb.connect(str(of_shop.database), read_only=True) as connection:
        for name in ("features.csv", "features.jsonl"):
            kind = "format csv, header" if name.endswith("csv") else "format json"
            connection.execute(
                f"copy (from {FEATURES} where is_latest order by hash(customer_id)) to '{tmp_path / name}' ({kind})"
            )
    predict(prediction, tmp_path / "csv.parquet", features=tmp_path / "features.csv")
    predict(prediction, tmp_path / "jsonl.parquet", features=tmp_path / "features.jsonl")
    told = [(tmp_path / f"{name}.parquet").read_bytes() for name in ("database", "file", "csv", "jsonl")]
    assert told[1:] == told[:1] * 3, "same customers, same model, same bytes"
    scores = pl.read_parquet(tmp_path / "file.parquet")
    assert scores.equals(expected)
    assert scores.schema == expected.schema
    predict(prediction, tmp_path / "scores.csv", features=tmp_path / "features.parquet")
    assert differing(tmp_path / "scores.csv", of_shop, prediction) == 0


@pytest.mark.parametrize("prediction", MARTS)
def test_a_customers_score_does_not_depend_on_who_else_is_asked_of(
    of_shop: Shop, prediction: str, tmp_path: Path
) -> None:
    expected = mart(of_shop, prediction)
    some = expected["customer_id"].gather_every(97)
    rows = of_shop.features().filter(pl.col("customer_id").is_in(some.implode()))
    rows.drop("snapshot_on").write_parquet(tmp_path / "few.parquet")
    done = predict(prediction, tmp_path / "few_scores.parquet", features=tmp_path / "few.parquet")
    scores = pl.read_parquet(tmp_path / "few_scores.parquet")
    assert done.rows == some.len()
    assert scores["snapshot_on"].null_count() == scores.height
    same = expected.filter(pl.col("customer_id").is_in(some.implode()))
    assert scores.drop("snapshot_on").equals(same.drop("snapshot_on"))


def test_scores_do_not_depend_on_the_size_of_chunks(
    of_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "CHUNK", 500)
    for prediction in MARTS:
        predict(prediction, tmp_path / f"{prediction}.parquet")
        assert pl.read_parquet(tmp_path / f"{prediction}.parquet").equals(mart(of_shop, prediction))


def test_a_landing_is_scored_as_its_build_is(of_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(scoring.tempfile, "tempdir", None)
    done = predict("churn", tmp_path / "scores.parquet", landing=of_shop.landing)
    assert pl.read_parquet(tmp_path / "scores.parquet").equals(mart(of_shop, "churn"))
    assert done.customers == of_shop.features().height
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_a_landing_that_cannot_be_built_says_why_and_leaves_nothing(
    of_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(scoring.tempfile, "tempdir", None)
    (tmp_path / "landing" / "storefront").mkdir(parents=True)
    command = ["churn", "--landing", str(tmp_path / "landing"), "--out", str(tmp_path / "scores.csv")]
    assert main(command) == NOT_SCORED
    [line] = capsys.readouterr().err.splitlines()
    assert "clickstream" in line and "Fix:" in line
    assert [path.name for path in tmp_path.iterdir()] == ["landing"]


# --- what is refused --------------------------------------------------------------------------------------------------


def spoiled(column: str, value: object, dtype: object = pl.String) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Puts `value` into the third row of a column, which becomes of type `dtype`."""

    def spoil(rows: pl.DataFrame) -> pl.DataFrame:
        is_third = pl.int_range(pl.len()) == 2
        return rows.with_columns(
            pl.when(is_third).then(pl.lit(value, dtype)).otherwise(pl.col(column).cast(dtype)).alias(column)
        )

    return spoil


REFUSED = {
    "a column is missing": (lambda rows: rows.drop("idle_days", "age"), "has no column idle_days, age. Fix:"),
    "can_churn is missing": (lambda rows: rows.drop("can_churn"), "has no column can_churn. Fix:"),
    "the id is missing": (lambda rows: rows.drop("customer_id"), "has no column customer_id. Fix:"),
    "a text for a number": (spoiled("idle_days", "soon"), "idle_days 'soon' is no number (row 3)"),
    "a comma for a point": (spoiled("age", "3,5"), "age '3,5' is no number (row 3)"),
    "an endless number": (spoiled("age", float("inf"), pl.Float64), "age 'inf' is no number (row 3)"),
    "days for a number": (lambda rows: rows.with_columns(age=pl.col("snapshot_on")), "is no number (row 1)"),
    "a list for a text": (lambda rows: rows.with_columns(country=pl.lit(["a"])), "is no text (row 1)"),
    "neither yes nor no": (spoiled("can_churn", "maybe"), "can_churn 'maybe' is neither true nor false (row 3)"),
    "nobody knows": (spoiled("can_churn", None, pl.Boolean), "can_churn NULL is neither true nor false (row 3)"),
    "no day": (spoiled("snapshot_on", "30.4.2025"), "snapshot_on '30.4.2025' is no day (YYYY-MM-DD) (row 3)"),
    "an id that is NULL": (spoiled("customer_id", None), "customer_id NULL is no id (row 3)"),
    "an empty id": (spoiled("customer_id", ""), "customer_id '' is no id (row 3)"),
    "an id twice": (lambda rows: pl.concat([rows, rows[3:4]]), "is there 2 times. Fix:"),
    "nobody": (lambda rows: rows.head(0), "has no rows. Fix:"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_files_that_are_refused(of_shop: Shop, case: str, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    spoil, told = REFUSED[case]
    path, out = tmp_path / "customers.parquet", tmp_path / "scores.csv"
    spoil(of_shop.features()).write_parquet(path)
    assert main(["churn", "--features", str(path), "--out", str(out)]) == NOT_SCORED
    shown = capsys.readouterr()
    [line] = shown.err.splitlines()
    assert line.startswith(f"predict.py: {path}: ") and told in line and "Fix:" in line
    assert shown.out == ""
    assert [one.name for one in tmp_path.iterdir()] == [path.name], "nothing is written"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("customers.xlsx", b"x", "is of an unknown kind"),
        ("customers.parquet", b"PAR1 and no more", "cannot be read"),
        ("customers.csv", b"customer_id,age\n1,2\n", "has no column can_churn, recency_days"),
        ("customers.csv", b"", "Fix:"),
        ("customers.jsonl", b"{broken\n", "cannot be read"),
        ("gone.csv", None, "there is no such file"),
    ],
)
def test_files_that_are_none(
    of_shop: Shop, name: str, content: bytes | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["churn", "--features", str(tmp_path / name), "--out", str(tmp_path / "scores.csv")]) == NOT_SCORED
    [line] = capsys.readouterr().err.splitlines()
    assert told in line and "Fix:" in line


def test_other_columns_are_left_out_with_a_note(of_shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    of_shop.features().with_columns(shoe_size=pl.lit(42)).write_parquet(tmp_path / "customers.parquet")
    command = ["churn", "--features", str(tmp_path / "customers.parquet"), "--out", str(tmp_path / "scores.parquet")]
    assert main(command) == FINE
    shown = capsys.readouterr()
    assert "shoe_size" in shown.err and "can_churn is false" in shown.err
    assert "customers scored by churn-20250630-" in shown.out
    assert pl.read_parquet(tmp_path / "scores.parquet").equals(mart(of_shop, "churn"))


def test_what_pandas_makes_of_null_is_unknown_too(of_shop: Shop, tmp_path: Path) -> None:
    rows = of_shop.features()
    numbers = [name for name, dtype in rows.schema.items() if dtype.is_numeric()]
    nan = rows.with_columns(pl.col(numbers).cast(pl.Float64).fill_null(float("nan")))
    nan.write_parquet(tmp_path / "customers.parquet")
    predict("high_value", tmp_path / "scores.parquet", features=tmp_path / "customers.parquet")
    assert pl.read_parquet(tmp_path / "scores.parquet").equals(mart(of_shop, "high_value"))


def test_a_text_that_nobody_had_is_no_other(of_shop: Shop, tmp_path: Path) -> None:
    """A country and a device of which the model knows nothing: everybody is scored, as by neither of those that it knows."""
    texts = json.loads(of_shop.model("next_purchase").read_text(encoding="utf-8"))["texts"]
    found = {}
    for device in (*texts["last_device_type"], "watch"):
        rows = of_shop.features().with_columns(last_device_type=pl.lit(device), country=pl.lit("Atlantis"))
        rows.write_parquet(tmp_path / "customers.parquet")
        predict("next_purchase", tmp_path / "scores.parquet", features=tmp_path / "customers.parquet", overwrite=True)
        scores = pl.read_parquet(tmp_path / "scores.parquet")
        assert scores.height == mart(of_shop, "next_purchase").height
        found[device] = scores["purchase_probability"].sum()
    assert len(set(found.values())) == len(found)


def test_histories_that_cannot_be(of_shop: Shop, tmp_path: Path) -> None:
    rows = of_shop.features().filter(pl.col("order_day_count") > 0)
    for column, value, told in (
        ("recency_days", 999, "recency_days 999"),
        ("first_order_days", None, "first_order_days NULL"),
    ):
        spoiled(column, value, pl.Int64)(rows).write_parquet(tmp_path / "customers.parquet")
        with pytest.raises(PredictError, match=told):
            predict("lifetime_value", tmp_path / "scores.csv", features=tmp_path / "customers.parquet")
    assert not (tmp_path / "scores.csv").exists()


def test_calls_that_are_refused(of_shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")
    other = str(of_shop.model("high_value"))
    for arguments, told in (
        (["churn", "--out", f"{tmp_path}/there.csv"], "is there already. Fix: --overwrite"),
        (["churn", "--out", f"{tmp_path}/scores.xlsx"], "is of an unknown kind"),
        (["churn", "--out", f"{tmp_path}/a.csv", "--database", f"{tmp_path}/no.duckdb"], "no such database"),
        (["churn", "--out", f"{tmp_path}/a.csv", "--landing", f"{tmp_path}/no"], "no such folder"),
        (["churn", "--out", f"{tmp_path}/a.csv", "--source", "olist"], "is of storefront"),
        (["churn", "--out", f"{tmp_path}/a.csv", "--model", other], "is a model of high_value"),
    ):
        assert main(arguments) == USAGE
        [line] = capsys.readouterr().err.splitlines()
        assert told in line and "Fix:" in line
    for arguments in (["luck", "--out", "a.csv"], ["churn"], ["churn", "--out", "a.csv", "--vars", "x: 1"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == USAGE
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert (tmp_path / "there.csv").read_text(encoding="utf-8") == "mine"


def test_a_model_of_another_source(of_shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """One of storefront for olist's landing, before anything is built; and none at all."""
    (tmp_path / "landing").mkdir()
    command = ["churn", "--landing", str(tmp_path / "landing"), "--source", "olist", "--out", str(tmp_path / "a.csv")]
    assert main([*command, "--model", str(of_shop.model("churn"))]) == USAGE
    assert "learned from storefront, the customers are of olist" in capsys.readouterr().err
    assert main(command) == NOT_SCORED
    assert "there is no model. Fix: dbt build trains one." in capsys.readouterr().err


def test_nothing_is_replaced_when_writing_fails(of_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "scores.csv"
    out.write_text("mine", encoding="utf-8")

    def full(self: Path, target: Path) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(PredictError, match="cannot be written"):
            predict("churn", out, overwrite=True)
    assert out.read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [out]
    predict("churn", out, overwrite=True)
    assert out.read_text(encoding="utf-8").startswith("customer_id,")


# --- files of models --------------------------------------------------------------------------------------------------


@pytest.fixture
def copied(shop: Shop, tmp_path: Path) -> Path:
    """The metadata's file of a copy of churn's model."""
    folder = tmp_path / "models"
    shutil.copytree(shop.model("churn").parent, folder)
    return folder / shop.model("churn").name


def hashed(path: Path, data: bytes) -> None:
    """Puts `data` in the place of a model, with its right hash."""
    path.with_suffix(".skops").write_bytes(data)
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "model_hash": hashlib.sha256(data).hexdigest()}), encoding="utf-8")


class Foreign:
    """A type that no model has; whoever makes one leaves a file behind."""

    left = ""

    def __init__(self) -> None:
        self.value = 1

    def __setstate__(self, state: object) -> None:
        Path(Foreign.left).touch()

    def __reduce__(self) -> tuple:
        return (Path.touch, (Path(Foreign.left),))


def test_a_changed_model_is_refused(copied: Path) -> None:
    load(copied)
    model = copied.with_suffix(".skops")
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match=r"is not the one that was saved\. Fix:"):
        load(copied)


def test_reading_a_model_runs_no_code(copied: Path, tmp_path: Path) -> None:
    """A type of another's making in it, and a pickle, each with its right hash: refused, and nothing in them ran."""
    Foreign.left = str(tmp_path / "ran")
    hashed(copied, skops.io.dumps(Foreign()))
    with pytest.raises(ArtifactError, match=r"has \S*Foreign in it, which no model of ours has"):
        load(copied)
    harmful = pickle.dumps(Foreign())
    hashed(copied, harmful)
    with pytest.raises(ArtifactError, match=r"is no saved model \(\w+\)\. Fix:"):
        load(copied)
    assert not Path(Foreign.left).exists()
    pickle.loads(harmful)
    assert Path(Foreign.left).exists(), "the pickle would have"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"versions": {"scikit-learn": "0.24.2"}}, r"was saved by scikit-learn 0\.24\.2"),
        ({"format": 99}, "is of format 99"),
        ({"format": 1}, "is of format 1"),
        ({"texts": {"country": ["DE"]}}, "lacks the texts of last_device_type"),
        ({"texts": None}, "lacks the texts of last_device_type"),
        ({"features": ["recency_days", "horoscope"]}, "wants the feature horoscope"),
        ({"prediction": "high_value"}, "is a model of high_value"),
    ],
)
def test_models_that_do_not_fit(of_shop: Shop, copied: Path, change: dict, told: str, tmp_path: Path) -> None:
    copied.write_text(json.dumps({**json.loads(copied.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises((ArtifactError, UsageError), match=told):
        predict("churn", tmp_path / "a.csv", model=copied)
    assert not (tmp_path / "a.csv").exists()


def test_a_purchase_without_a_model_of_categories(of_shop: Shop, tmp_path: Path) -> None:
    """Its own alone is at hand: everybody is scored, and no category is told."""
    folder = tmp_path / "models" / "next_purchase"
    shutil.copytree(of_shop.model("next_purchase").parent, folder)
    done = predict("next_purchase", tmp_path / "a.parquet", model=folder / of_shop.model("next_purchase").name)
    scores = pl.read_parquet(tmp_path / "a.parquet")
    told = mart(of_shop, "next_purchase")
    assert scores["likely_category"].null_count() == scores.height
    assert scores["purchase_probability"].equals(told["purchase_probability"])
    assert scores.schema == told.schema
    assert any("likely_category is empty" in note for note in done.notes)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_from_elsewhere_and_its_help(of_shop: Shop, tmp_path: Path) -> None:
    command = [sys.executable, str(PROJECT / "scripts" / "predict.py")]
    done = subprocess.run(
        [*command, "high_value", "--out", "new/scores.csv"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (FINE, "")
    assert (tmp_path / "new" / "scores.csv").is_file()
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False).stdout
    for prediction in PREDICTIONS:
        assert prediction in told
    assert "examples:" in told and "exit code:" in told


def test_values_of_a_file_are_read_as_they_stand(tmp_path: Path) -> None:
    """No type is guessed: ids keep their zeros, and a column of numbers in the first rows may be refused in the last."""
    from footfall.predictions.features import FEATURES as EVERY

    some = [one for one in EVERY if one.name in ("age", "country")]
    path = tmp_path / "customers.csv"
    path.write_text('customer_id,age,country\n007,30,\n008,,""\n', encoding="utf-8")
    told = read(path, some).rows
    assert told.select("customer_id", "country", "age").rows() == [("007", None, 30.0), ("008", "", None)]
    path.write_text("customer_id,age,country\n" + "".join(f"{n},1,DE\n" for n in range(30_000)) + "x,y,DE\n", "utf-8")
    with pytest.raises(GivenError, match=r"age 'y' is no number \(row 30001\)"):
        read(path, some)
