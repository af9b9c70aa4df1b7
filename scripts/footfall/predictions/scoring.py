"""Customers scored with a saved model, without training: from a file of features, a landing folder or a built database."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import duckdb
import polars as pl
import yaml
from threadpoolctl import threadpool_limits

from footfall.command import Parser, one_line
from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE, LANDING_VARIABLE, known_sources
from footfall.dbt_run import reason, run_dbt
from footfall.export import COPY_OPTIONS
from footfall.predictions import categories, lifetime_value
from footfall.predictions.artifacts import ArtifactError, Metadata, current, features_of, told_by
from footfall.predictions.building import (
    CHUNK,
    LIFETIME,
    artifacts_folder,
    scored,
    scored_purchases,
    scored_values,
    valued,
)
from footfall.predictions.features import NUMBER, Feature
from footfall.predictions.given import DAY, ID, GivenError, checked, read
from footfall.predictions.reading import PredictError, UsageError, opened

FINE, NOT_SCORED, USAGE = 0, 1, 2
DEFAULT_SOURCE = "storefront"
FEATURES_MODEL = "int_customer_features_snapshotted"

EXAMPLES = f"""\
examples:
  python scripts/predict.py churn --out data/churn.csv                                  the built database's customers
  python scripts/predict.py churn --features customers.parquet --out data/churn.csv     a file's
  python scripts/predict.py lifetime_value --landing my/landing --out data/values.parquet
  python scripts/predict.py high_value --model data/artifacts/storefront/high_value/<version>.json --out data/high.csv

A file has customer_id, one row each, and the features that the model names, as {FEATURES_MODEL} has
them ({DAY} is optional; churn wants can_churn too): CSV (.csv, .csv.gz), JSON lines (.jsonl) or Parquet. Other columns are left
out. A landing is built in a temporary database (below TMPDIR) up to the features; its newest snapshot is scored. The columns are
those of the prediction's mart. Same customers, same model, same bytes.

exit code: 0 scored; 1 nothing was written, something has to be mended first; 2 wrong usage.
"""


@dataclass(frozen=True)
class Prediction:
    """What can be asked for.

    features: the columns that the model in a metadata's file takes; flags: the columns that say whom it is asked of; score: that
    file and rows to the mart's columns; left_out: why somebody has no prediction.
    """

    features: Callable[[Path], Sequence[Feature]]
    score: Callable[[Path, pl.DataFrame], pl.DataFrame]
    flags: tuple[str, ...] = ()
    left_out: str = ""


@dataclass(frozen=True)
class Scored:
    """How it went: rows written, customers given, the model, and what the user should know."""

    rows: int
    customers: int
    model: Metadata
    notes: tuple[str, ...]


def _own_features(path: Path) -> Sequence[Feature]:
    return features_of(told_by(path))


def _purchase_features(path: Path) -> Sequence[Feature]:
    """Those of both models, each once."""
    second = _category_model(path)
    return list(dict.fromkeys([*_own_features(path), *(_own_features(second) if second else ())]))


def _category_model(path: Path) -> Path | None:
    """The model of categories that was trained with the one of purchases in `path`; None where there was too little to learn."""
    name = path.name.replace("next_purchase", categories.NAME, 1)
    beside = path.parent.parent / categories.NAME / name
    return beside if beside.is_file() else None


HISTORY = tuple(Feature(name, NUMBER, name, "orders") for name in lifetime_value.HISTORY if name not in (ID, DAY))


def _valued(path: Path, rows: pl.DataFrame) -> pl.DataFrame:
    """As valued(), of histories that can be. Raises PredictError for the first that cannot."""
    buyers = lifetime_value.buyers(rows)
    last, first, amount = pl.col("recency_days"), pl.col("first_order_days"), pl.col("revenue_amount")
    is_whole = (last >= 0) & (last <= first) & amount.is_not_null()
    broken = buyers.filter(~is_whole.fill_null(False))
    if broken.height:
        told = ", ".join(f"{one.name} {_number(broken[one.name][0])}" for one in HISTORY)
        raise PredictError(
            f"{ID} '{broken[ID][0]}': no buyer has {told}. Fix: of buyers all are known, and 0 <= recency_days <= first_order_days."
        )
    return valued(path, rows)


def _number(value: float | None) -> str:
    return "NULL" if value is None else f"{value:g}"


PREDICTIONS = {
    "churn": Prediction(
        _own_features,
        lambda path, rows: scored(path, rows, "churn"),
        ("can_churn",),
        "they cannot churn (can_churn is false)",
    ),
    "high_value": Prediction(_own_features, scored_values),
    "next_purchase": Prediction(
        _purchase_features, lambda path, rows: scored_purchases(path, _category_model(path), rows)
    ),
    LIFETIME: Prediction(lambda path: HISTORY, _valued, (), "they have not ordered yet"),
}


# --- the model and the customers --------------------------------------------------------------------------------------


def chosen_model(prediction: str, source: str | None, model: Path | None, database: Path) -> tuple[Path, Metadata]:
    """The metadata's file of `model`, None: of the newest one of `source`; and what it says. Raises PredictError, ArtifactError."""
    path = model or current(artifacts_folder(database), source or DEFAULT_SOURCE, prediction)
    path = path.with_suffix(".json")
    told = told_by(path)
    if told.prediction != prediction:
        raise UsageError(f"{path}: is a model of {told.prediction}. Fix: name one of {prediction} with --model.")
    if source and told.source_system != source:
        raise UsageError(
            f"{path}: learned from {told.source_system}, the customers are of {source}. Fix: a model of {source} (--model)."
        )
    return path, told


def _of_database(database: Path, names: Sequence[str]) -> pl.DataFrame:
    """The newest snapshot's customers with the columns `names`."""
    wanted = ", ".join(f'"{name}"' for name in (ID, DAY, *names))
    with opened(database) as connection:
        try:
            return connection.sql(
                f"select {wanted} from intermediate.{FEATURES_MODEL} where is_latest order by {ID}"
            ).pl()
        except duckdb.Error as error:
            raise PredictError(f"{database}: has no features to score ({one_line(error)}). Fix: dbt build.") from None


def source_of(database: Path) -> str:
    """The source that a built database is of. Raises PredictError."""
    with opened(database) as connection:
        try:
            [(source,)] = connection.execute(
                "select source_system from intermediate.int_prediction_settings"
            ).fetchall()
        except (duckdb.Error, ValueError):
            raise PredictError(f"{database}: does not say of which source it is. Fix: dbt build.") from None
    return str(source)


def _of_landing(landing: Path, source: str, variables: dict[str, object], names: Sequence[str]) -> pl.DataFrame:
    """The customers of a landing's newest snapshot: dbt builds their features in a temporary folder, which is gone afterwards."""
    if not landing.is_dir():
        raise UsageError(f"{landing}: there is no such folder. Fix: name yours with --landing.")
    with _ended_by_a_signal(), tempfile.TemporaryDirectory(prefix="footfall-predict-") as name:
        folder = Path(name)
        environment = {
            LANDING_VARIABLE: str(landing.resolve()),
            DATABASE_VARIABLE: str(folder / "footfall.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }
        # Only the newest snapshot is scored.
        told = yaml.safe_dump(
            {"prediction_snapshots": 1, **variables, "source_system": source}, default_flow_style=True
        )
        arguments = [
            "build",
            "--select",
            f"+{FEATURES_MODEL}",
            "--exclude",
            "resource_type:test",
            "resource_type:unit_test",
        ]
        code, said = run_dbt([*arguments, "--vars", told], environment, sys.stderr)
        if code != 0:
            raise PredictError(f"{landing}: its features could not be built: {reason(said)}")
        return _of_database(folder / "footfall.duckdb", names)


@contextlib.contextmanager
def _ended_by_a_signal() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that what it made is removed."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# --- scoring ----------------------------------------------------------------------------------------------------------


def predict(
    prediction: str,
    out: Path,
    features: Path | None = None,
    landing: Path | None = None,
    database: Path | None = None,
    source: str | None = None,
    model: Path | None = None,
    variables: dict[str, object] | None = None,
    overwrite: bool = False,
    silent: bool = True,
) -> Scored:
    """Writes the scores of a file's, a landing's or a database's (default) customers to `out`, whole or not at all.

    Raises PredictError, ArtifactError or GivenError, each one line; then `out` is as it was.
    """
    _refuse_out(out, overwrite, features)
    database = database or Path(os.environ.get(DATABASE_VARIABLE, DEFAULT_DATABASE))
    asked = PREDICTIONS[prediction]
    if features is None and landing is None:
        built = source_of(database)
        if source not in (None, built):
            raise UsageError(f"{database}: is of {built}. Fix: leave --source {source} out, or name another database.")
        source = built
    elif landing is not None:
        source = source or DEFAULT_SOURCE
    path, told = chosen_model(prediction, source, model, database)
    wanted = asked.features(path)
    notes = []
    if features is not None:
        given = read(features, wanted, asked.flags)
        rows = given.rows
        if given.ignored:
            notes.append(f"left out columns that the model does not take: {', '.join(given.ignored)}")
    else:
        names = [*asked.flags, *(one.name for one in wanted)]
        where = str(landing or database)
        found = (
            _of_database(database, names)
            if landing is None
            else _of_landing(landing, source or "", variables or {}, names)
        )
        rows = checked(found, where, wanted, asked.flags)
    scores = _scored(prediction, path, rows, silent)
    if scores.height < rows.height:
        notes.append(
            f"{rows.height - scores.height:,} of {rows.height:,} customers have no prediction: {asked.left_out}"
        )
    if prediction == "next_purchase" and _category_model(path) is None:
        notes.append("likely_category is empty: no model of categories was trained with this one")
    _write(scores, out)
    return Scored(scores.height, rows.height, told, tuple(notes))


def _scored(prediction: str, path: Path, rows: pl.DataFrame, silent: bool) -> pl.DataFrame:
    """All rows' scores, a chunk at a time as in a build, so that they are the same to the last digit."""
    shows = not silent and sys.stderr.isatty()
    parts = []
    with threadpool_limits(1):
        for begin in range(0, rows.height, CHUNK):
            if shows:
                print(f"\r\033[K    scoring {begin:,} of {rows.height:,}", end="", file=sys.stderr, flush=True)
            parts.append(PREDICTIONS[prediction].score(path, rows.slice(begin, CHUNK)))
    if shows:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    return pl.concat(parts)


def _refuse_out(out: Path, overwrite: bool, features: Path | None) -> None:
    if _format(out) is None:
        raise UsageError(f"{out}: is of an unknown kind. Fix: a file that ends with .csv or .parquet.")
    if out.is_dir():
        raise UsageError(f"{out}: is a folder. Fix: name a file with --out.")
    if features is not None and out.exists() and features.exists() and out.samefile(features):
        raise UsageError(f"{out}: is the file of features. Fix: name another with --out.")
    if out.exists() and not overwrite:
        raise UsageError(f"{out}: is there already. Fix: --overwrite, or name another file with --out.")


def _format(out: Path) -> str | None:
    return out.suffix[1:] if out.suffix[1:] in COPY_OPTIONS else None


def _write(scores: pl.DataFrame, out: Path) -> None:
    """Writes the scores beside `out` and renames them: who reads `out` finds all of them or the file before."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            # One thread writes the rows in their order, in the same pieces.
            connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false; set threads = 1")
            connection.register("scores", scores.to_arrow())
            name = partial.as_posix().replace("'", "''")
            connection.execute(f"copy (from scores) to '{name}' ({COPY_OPTIONS[_format(out) or 'csv']})")
        partial.replace(out)
    except (OSError, duckdb.Error) as error:
        fix = "see that there is space and that you may write there, or name another file with --out"
        raise PredictError(f"{out}: cannot be written ({one_line(error)}). Fix: {fix}.") from None
    finally:
        partial.unlink(missing_ok=True)


# --- the command ------------------------------------------------------------------------------------------------------


def _variables(text: str) -> dict[str, object]:
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError:
        told = None
    if not isinstance(told, dict):
        raise argparse.ArgumentTypeError("'name: value', as dbt takes them")
    return told


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="predict.py",
        description="Score customers with a saved model, without training one.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("prediction", choices=sorted(PREDICTIONS), help="what is predicted")
    of = parser.add_mutually_exclusive_group()
    of.add_argument("--features", type=Path, metavar="FILE", help="customers and their features")
    of.add_argument("--landing", type=Path, metavar="FOLDER", help="a shop's raw files, the folder above <source>/")
    of.add_argument(
        "--database", type=Path, metavar="FILE", help=f"a built database ({DATABASE_VARIABLE}, else {DEFAULT_DATABASE})"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the scores: .csv or .parquet")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    parser.add_argument("--model", type=Path, metavar="FILE", help="the model's .json (the newest one of the source)")
    parser.add_argument(
        "--source", choices=known_sources(), help=f"source_system of the customers ({DEFAULT_SOURCE}; a database's own)"
    )
    parser.add_argument(
        "--vars",
        type=_variables,
        metavar="YAML",
        help="variables of the build of a landing, such as 'as_of_date: 2025-05-31'",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: writes the scores, says how many, returns the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.vars and not chosen.landing:
        parser.error("--vars goes with --landing")
    began = time.monotonic()
    try:
        done = predict(**_told(chosen), silent=False)
    except (PredictError, ArtifactError, GivenError) as error:
        print(f"predict.py: {error}", file=sys.stderr)
        return getattr(error, "exit_code", NOT_SCORED)
    except KeyboardInterrupt:
        print("predict.py: stopped; nothing was written", file=sys.stderr)
        return NOT_SCORED
    for note in done.notes:
        print(f"predict.py: {note}", file=sys.stderr)
    print(
        f"{done.rows:,} customers scored by {done.model.version} ({done.model.candidate}): {chosen.out}, "
        f"{time.monotonic() - began:.1f} s"
    )
    return FINE


def _told(chosen: argparse.Namespace) -> dict:
    """The command's arguments as those of predict()."""
    told = dict(vars(chosen))
    told["variables"] = told.pop("vars")
    return told
