"""Model cards: what each prediction is, how good it is and where it ends, written from model_metrics and the saved models."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import yaml

from footfall.command import Parser, one_line
from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE, PROJECT
from footfall.folder_swap import FolderInUseError, replaced_folder
from footfall.predictions import lifetime_value
from footfall.predictions.artifacts import ArtifactError, Metadata, told_by
from footfall.predictions.building import FIGURES, artifacts_folder
from footfall.predictions.card_texts import CARDS, CardTexts
from footfall.predictions.features import FEATURES, Feature
from footfall.predictions.periods import periods
from footfall.predictions.reading import PredictError, UsageError, opened
from footfall.predictions.training import LEAKING, SHUFFLED

FINE, NOT_WRITTEN, USAGE = 0, 1, 2
DEFAULT_OUT = "docs/model_cards"
INDEX = "README.md"
NONE = "–"
SKIPPED = "not trained: nothing has happened yet"
PROMISES = re.compile(r"(?P<what>.*?) Grain: (?P<grain>.*?)\. Primary key: .*?\. Questions it answers: (?P<asked>.*)")

# Metric -> in words, and how it is shown: number, share, signed share, money.
MEASURES = {
    "roc_auc": ("ROC-AUC", "number"),
    "pr_auc": ("PR-AUC", "number"),
    "precision": ("precision", "number"),
    "recall": ("recall", "number"),
    "f1": ("F1", "number"),
    "brier": ("Brier score", "number"),
    "brier_of_the_base_rate": ("Brier score of the base rate", "number"),
    "accuracy": ("share of right guesses", "number"),
    "accuracy_of_3": ("share of right guesses among three", "number"),
    "mae": ("mean error", "number"),
    "rmse": ("root mean squared error", "number"),
    "wape": ("WAPE", "number"),
    "mape": ("MAPE", "number"),
    "interval_coverage": ("share of days within the interval", "share"),
    "total_off_rate": ("all together off by", "signed"),
}
GLOSSARY = (
    ("ROC-AUC", "how often somebody with the outcome has the higher score of the two, of all pairs with one without it; 0.5 is chance"),
    ("PR-AUC", "precision, averaged over all recalls; the share with the outcome is chance"),
    ("precision, recall, F1", "of those called yes, the share with the outcome; of those with the outcome, the share called yes; "
     "their harmonic mean. Yes is a probability at or above the threshold, which was best for F1 in the periods learned from"),
    ("Brier score", "mean squared difference between probability and outcome; the base rate's is that of saying the same of everybody"),
    ("gain, lift", "of customers sorted by the prediction: the share of all outcomes (of the lifetime value: of all revenue) up to a tenth; "
     "how many times the mean share a tenth has"),
    ("mean error", "what the amounts are off by, up or down, in money"),
    ("WAPE, MAPE", "the sum of what days are off by, as a share of the revenue; the mean of each day's own share"),
    ("[low, high]", "95 % interval, by bootstrap samples of customers, or of days"),
)  # fmt: skip


@dataclass(frozen=True)
class Build:
    """What the cards are written from: figures as building.FIGURES, one row of int_prediction_settings, and where models lie."""

    figures: pl.DataFrame
    settings: dict[str, object]
    artifacts: Path

    def of(self, prediction: str) -> Found:
        """One prediction's part. Raises ArtifactError where its saved model cannot be read."""
        rows = self.figures.filter(pl.col("prediction") == prediction)
        version = next((one for one in rows["model_version"] if one is not None), None)
        if version is None:
            note = next((one for one in rows["note"] if one is not None), SKIPPED)
            return Found(rows, None, None, note)
        path = self.artifacts / str(self.settings["source_system"]) / prediction / f"{version}.json"
        # What has no file: the forecast is made of the days themselves.
        has_file = prediction != "revenue_forecast"
        return Found(rows, version, told_by(path) if has_file else None, None)


@dataclass(frozen=True)
class Found:
    """The figures of a prediction and its model; `skipped` says why there is none."""

    figures: pl.DataFrame
    version: str | None
    model: Metadata | None
    skipped: str | None

    def notes(self, role: str) -> list[str]:
        """What was said of it: verdict, alarm or price_of_the_leak."""
        return self.figures.filter((pl.col("role") == role) & pl.col("note").is_not_null())["note"].to_list()

    def part(self, role: str, split: str = "test") -> pl.DataFrame:
        """Figures of a role on a split."""
        return self.figures.filter((pl.col("role") == role) & (pl.col("split") == split) & (pl.col("metric") != "note"))

    def counts(self, split: str) -> tuple[int, int | None] | None:
        """Customers of a split, and those with the outcome."""
        told = self.figures.filter((pl.col("split") == split) & pl.col("row_count").is_not_null())
        asked = told.filter(pl.col("role") != "audit")
        return (asked["row_count"][0], asked["positive_count"][0]) if asked.height else None


# --- reading ----------------------------------------------------------------------------------------------------------


def read_build(database: Path) -> Build:
    """The figures and settings of a built database. Raises PredictError."""
    with opened(database) as connection:
        try:
            columns = ", ".join(FIGURES)
            figures = connection.sql(f"select {columns} from marts.model_metrics").pl()
            [settings] = connection.sql("from intermediate.int_prediction_settings").pl().to_dicts()
        except (ValueError, duckdb.Error) as error:
            raise PredictError(f"{database}: has no model_metrics ({one_line(error)}). Fix: dbt build.") from None
    order = ["prediction", "role", "split", "candidate", "metric", "bin", "note"]
    return Build(figures.sort(order, nulls_last=False), settings, artifacts_folder(database))


@cache
def described(mart: str) -> tuple[str, str, tuple[str, ...]]:
    """What a mart predicts, of whom, and the questions it answers, from its YAML."""
    path = PROJECT / "models" / "marts" / "predictions" / f"{mart}.yml"
    [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    found = PROMISES.match(" ".join(model["description"].split()))
    if not found:
        raise ValueError(f"{path}: the description does not say 'Grain: …. Primary key: …. Questions it answers: …'")
    asked = tuple(text for one in found["asked"].split("?") if (text := one.strip()))
    return found["what"], found["grain"], asked


# --- a card -----------------------------------------------------------------------------------------------------------


def cards(build: Build) -> dict[str, str]:
    """File name -> text of each card and of the index. Raises ArtifactError."""
    told = {f"{name}.md": card(name, build) for name in CARDS}
    return {INDEX: index(build), **told}


def card(prediction: str, build: Build) -> str:
    """One prediction's card, as Markdown."""
    texts, found = CARDS[prediction], build.of(prediction)
    what, grain, asked = described(texts.mart)
    parts = [
        f"# {texts.title}",
        _headline(found),
        f"{what} One row per {grain.removeprefix('one row per ')}, in `marts.{texts.mart}`.",
        _of_what(found, build),
        "It answers:\n\n" + "\n".join(f"- {_capital(one)}?" for one in asked),
    ]
    if found.version:
        parts += [*_trained(prediction, found, texts, build)]
    if texts.second:
        parts += [*_second(texts.second, build)]
    parts += [
        "## How to use it",
        texts.use,
        f"```sql\n{texts.query};\n```",
        *([f"```\npython scripts/predict.py {prediction} --out data/{prediction}.csv\n```"] if texts.is_scored else []),
        "## Limits",
        "\n".join(f"- {one}" for one in texts.limits),
    ]
    if found.model:
        parts += ["## Versions", _versions(found.model)]
    parts.append(f"What the measures mean: [{INDEX}]({INDEX}#what-the-measures-mean).")
    return "\n\n".join(parts) + "\n"


def _headline(found: Found) -> str:
    """What has to be known before all else: whether it was trained, beats its baseline, or is too good to be true."""
    told = (
        [found.skipped]
        if found.skipped
        else [*(f"alarm: {one}" for one in found.notes("alarm")), *found.notes("verdict")]
    )
    return "\n>\n".join(f"> **{_capital(_escaped(one))}.**" for one in told)


def _of_what(found: Found, build: Build) -> str:
    as_of = build.settings["as_of_date"]
    told = f"Of the source `{build.settings['source_system']}`" + (f" as of {as_of}" if as_of else "")
    return f"{told}; model `{found.version}`." if found.version else f"{told}."


def _trained(prediction: str, found: Found, texts: CardTexts, build: Build) -> list[str]:
    chosen = found.part("chosen")
    parts = ["## Data and periods", _periods(prediction, found, build)]
    if found.model:
        parts += ["## What it looks at", _features(found.model)]
    candidates = found.part("candidate", "validation")
    if candidates.height:
        baselines = found.part("baseline", "validation")
        parts += [
            "## Candidates",
            "On the validation period, each learned from what was known before; the best was taken, judged once on the test period, and "
            "learned anew from all that is known.",
            _compared([*_by_candidate(candidates), *_by_candidate(baselines)]),
        ]
    parts += ["## On the test period", _judged(found, chosen)]
    for title, table in (
        (_confusion_title(chosen), _confusion(chosen, texts.outcome)),
        ("## Do probabilities mean what they say", _calibration(chosen)),
        ("## Who is reached first", _tenths(chosen)),
        ("## Does anything leak", _leaks(found)),
        ("## Parameters", _parameters(chosen)),
    ):
        parts += [title, table] if table else []
    return parts


def _second(prediction: str, build: Build) -> list[str]:
    """The part on a model whose guesses stand in the same mart."""
    found = build.of(prediction)
    parts = ["## Which category first", _headline(found)]
    if not found.version:
        return parts
    candidates = found.part("candidate", "validation")
    model = f"Model `{found.version}`, learned from those who bought."
    parts += [model, "On the validation period:", _compared(_by_candidate(candidates)), "On the test period:"]
    parts.append(_judged(found, found.part("chosen")))
    return [*parts, _features(found.model)] if found.model else parts


def _periods(prediction: str, found: Found, build: Build) -> str:
    """What was learned from and asked when, and how many had the outcome."""
    tested = found.figures.filter(pl.col("split") == "test").filter(pl.col("row_count").is_not_null())
    if found.model is None:
        begin, days = tested["snapshot_on"][0], tested["row_count"][0]
        last = begin + timedelta(days=days - 1)
        return (
            f"The candidate was chosen by its WAPE after up to eight earlier days a week apart, each forecasting {days} days, and "
            f"judged once on the {days} days from {begin} to {last}, which nothing was chosen by."
        )
    horizon = int(build.settings["lifetime_test_days"]) if prediction == "lifetime_value" else found.model.horizon_days  # type: ignore[call-overload]
    days = [date.fromisoformat(one) for one in found.model.snapshots]
    today = date.fromisoformat(found.model.as_of_date)
    learns_earlier = prediction != "lifetime_value"
    split = periods([*days, today], horizon, learns_earlier)
    if learns_earlier:
        learned = (_span(split.training), _span(split.before_test), _span(split.before_today))
    else:
        learned = tuple(f"orders up to {day}" for day in (split.validation, split.test, split.today))
    steps = (
        ("chosen (validation)", learned[0], split.validation, horizon, found.counts("validation")),
        ("judged (test)", learned[1], split.test, horizon, found.counts("test")),
        ("in use", learned[2], split.today, found.model.horizon_days, None),
    )
    rows = [
        [step, known, str(day), f"{day + timedelta(days=1)} to {day + timedelta(days=ahead)}", *_counted(counts)]
        for step, known, day, ahead, counts in steps
    ]
    told = _table(["step", "learned from", "asked at the end of", "outcomes of", "customers", "with the outcome"], rows)
    return (
        f"The outcome is {CARDS[prediction].outcome} ({horizon} days). A period's outcomes are all known before the next one begins."
        f"\n\n{told}\n\nThe model in use learned from {found.model.row_count:,} rows."
    )


def _span(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} snapshots, {days[0]} to {days[-1]}"


def _counted(counts: tuple[int, int | None] | None) -> tuple[str, str]:
    if counts is None:
        return NONE, "not known yet"
    count, positives = counts
    return f"{count:,}", NONE if positives is None else f"{positives:,} ({100 * positives / max(count, 1):.1f} %)"


def _features(model: Metadata) -> str:
    known = {one.name: one for one in (*FEATURES, *lifetime_value.PARTS)}
    looked: dict[str, list[Feature]] = {}
    for name in model.features:
        one = known.get(name, Feature(name, "number", name, "other"))
        looked.setdefault(one.theme, []).append(one)
    rows = [[theme, ", ".join(one.said for one in ones)] for theme, ones in looked.items()]
    return f"{len(model.features)} features of {len(looked)} themes.\n\n{_table(['theme', 'features'], rows)}"


def _by_candidate(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    return [(name, rows.filter(pl.col("candidate") == name)) for name in rows["candidate"].unique().sort()]


def _compared(columns: Sequence[tuple[str, pl.DataFrame]]) -> str:
    """A row per measure that any of them has, a column each."""
    has = {name for _, rows in columns for name in rows.filter(pl.col("bin").is_null())["metric"]}
    rows = [
        [said, *(_shown(part, name, kind) for _, part in columns)]
        for name, (said, kind) in MEASURES.items()
        if name in has
    ]
    gained = [_gained(part) for _, part in columns]
    if any(one != NONE for one in gained):
        rows.append(["the model is better by", *gained])
    return _table(["measure", *(name for name, _ in columns)], rows)


def _gained(part: pl.DataFrame) -> str:
    name = next((one for one in part["metric"] if one.endswith("_gained")), None)
    return NONE if name is None else _shown(part, name, "number")


def _judged(found: Found, chosen: pl.DataFrame) -> str:
    name = chosen["candidate"][0] if chosen.height else NONE
    others = [*_by_candidate(found.part("candidate")), *_by_candidate(found.part("baseline"))]
    return f"The model is {name}; the others are " + (
        f"{'candidates and ' if found.part('candidate').height else ''}simple rules.\n\n{_compared([(name, chosen), *others])}"
    )


def _value(rows: pl.DataFrame, metric: str) -> float | None:
    found = rows.filter((pl.col("metric") == metric) & pl.col("bin").is_null())
    return found["metric_value"][0] if found.height else None


def _confusion_title(chosen: pl.DataFrame) -> str:
    threshold = _value(chosen, "threshold")
    return f"### Yes from a probability of {threshold:.3f} on" if threshold is not None else ""


def _confusion(chosen: pl.DataFrame, outcome: str) -> str:
    names = ("true_positive_count", "false_positive_count", "false_negative_count", "true_negative_count")
    counts = [_value(chosen, name) for name in names]
    if any(one is None for one in counts):
        return ""
    yes, wrong, missed, no = (f"{one:,.0f}" for one in counts)
    return _table(["the model says", f"came: {outcome}", "did not come"], [["yes", yes, wrong], ["no", missed, no]])


def _binned(rows: pl.DataFrame, *metrics: str) -> list[tuple[int, list[float | None]]]:
    """(bin, value of each metric) of a table by tenths."""
    bins = rows.filter(pl.col("bin").is_not_null() & pl.col("metric").is_in(metrics))
    values = {(name, number): value for name, number, value in bins.select("metric", "bin", "metric_value").iter_rows()}
    return [(number, [values.get((name, number)) for name in metrics]) for number in sorted(set(bins["bin"]))]


def _calibration(chosen: pl.DataFrame) -> str:
    rows = [
        [f"{(number - 1) / 10:.1f} to {number / 10:.1f}", f"{count or 0:,.0f}", _share(predicted), _share(observed)]
        for number, (count, predicted, observed) in _binned(
            chosen, "calibration_count", "calibration_predicted", "calibration_observed"
        )
    ]
    return _table(["probability", "customers", "predicted", "came"], rows) if rows else ""


def _tenths(chosen: pl.DataFrame) -> str:
    rows = [
        [str(number), _share(gain), NONE if lift is None else f"{lift:.2f}"]
        for number, (gain, lift) in _binned(chosen, "gain", "lift")
    ]
    if not rows:
        return ""
    if all(row[2] == NONE for row in rows):
        return _table(["tenth of the customers, highest first", "gain up to it"], [row[:2] for row in rows])
    return _table(["tenth of the customers, highest first", "gain up to it", "lift"], rows)


def _leaks(found: Found) -> str:
    """The audits: outcomes that were shuffled have to be ranked by chance; what a leak would have looked like."""
    audits = dict(_by_candidate(found.part("audit")))
    lines = []
    if SHUFFLED in audits:
        lines.append(
            f"- Learned from shuffled outcomes, where there is nothing to find: ROC-AUC {_shown(audits[SHUFFLED], 'roc_auc')}; chance is 0.5."
        )
    if LEAKING in audits:
        own = _shown(found.part("chosen"), "roc_auc")
        lines.append(
            f"- With features from after the outcome, on purpose: ROC-AUC {_shown(audits[LEAKING], 'roc_auc')} in place of {own}. That is what a leak looks like."
        )
    return "\n".join(lines)


def _parameters(chosen: pl.DataFrame) -> str:
    rows = [
        [name.removeprefix("parameter_"), f"{value:.4g}"]
        for name, value in chosen.select("metric", "metric_value").iter_rows()
        if name.startswith("parameter_") and value is not None
    ]
    return _table(["parameter", "on the test period"], rows) if rows else ""


def _versions(model: Metadata) -> str:
    told = ", ".join(f"{name} {version}" for name, version in sorted(model.versions.items()))
    return f"Trained with {told}. The rows that it was made of have the hash `{model.data_hash[:16]}`."


# --- the index --------------------------------------------------------------------------------------------------------


def index(build: Build) -> str:
    """The page that leads to the cards and says what the measures mean."""
    rows = []
    for name, texts in CARDS.items():
        for one, said in (
            (name, f"[{texts.title}]({name}.md)"),
            *(((texts.second, f"[{texts.title}]({name}.md): category"),) if texts.second else ()),
        ):
            found = build.of(one)
            told = (
                [found.skipped]
                if found.skipped
                else [*found.notes("verdict"), *(f"alarm: {note}" for note in found.notes("alarm"))]
            )
            rows.append([said, f"`{texts.mart}`", "; ".join(_escaped(note or "") for note in told)])
    as_of = build.settings["as_of_date"]
    of_what = f"Of the source `{build.settings['source_system']}`" + (f" as of {as_of}." if as_of else ".")
    parts = [
        "# Model cards",
        "What each prediction is, how good it is beside simple rules, and where it ends. Every number is one of `marts.model_metrics`.",
        of_what,
        _table(["prediction", "mart", "verdict on the test period"], rows),
        "Written by `make cards` from the newest build; yours says what the models are worth on your data.",
        "## What the measures mean",
        "\n".join(f"- **{name}**: {said}." for name, said in GLOSSARY),
    ]
    return "\n\n".join(parts) + "\n"


# --- texts ------------------------------------------------------------------------------------------------------------


def _shown(rows: pl.DataFrame, metric: str, kind: str = "number") -> str:
    """A measure with its interval; – where it has no value."""
    found = rows.filter((pl.col("metric") == metric) & pl.col("bin").is_null())
    if not found.height or found["metric_value"][0] is None:
        return NONE
    value, low, high = (found[name][0] for name in ("metric_value", "metric_value_low", "metric_value_high"))
    told = _told(value, kind)
    return told if low is None or high is None else f"{told} [{_told(low, kind)}, {_told(high, kind)}]"


def _told(value: float, kind: str) -> str:
    if kind == "share":
        return _share(value)
    if kind == "signed":
        return f"{100 * value:+.1f} %"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def _share(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.1f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the command ------------------------------------------------------------------------------------------------------


def write_cards(database: Path, out: Path) -> list[str]:
    """Writes all cards of a built database into the folder `out`, as a whole or not at all; the files. PredictError, ArtifactError."""
    _refuse_strange(out)
    told = cards(read_build(database))
    try:
        with replaced_folder(out) as partial:
            for name, text in told.items():
                (partial / name).write_text(text, encoding="utf-8")
    except FolderInUseError:
        raise PredictError(f"{out}: cards are being written there. Fix: wait for it.") from None
    except OSError as error:
        raise PredictError(
            f"{out}: cannot be written ({one_line(error)}). Fix: name another folder with --out."
        ) from None
    return list(told)


def _refuse_strange(out: Path) -> None:
    """Refuses a folder in which something else than cards would be lost."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file. Fix: name a folder with --out.")
    known = {INDEX, *(f"{name}.md" for name in CARDS)}
    strange = sorted(path.name for path in out.iterdir() if path.name not in known) if out.is_dir() else []
    if strange:
        raise UsageError(
            f"{out}: {strange[0]} is no card and would be lost. Fix: move it away, or name another folder with --out."
        )


EXAMPLES = f"""\
examples:
  python scripts/model_cards.py                                    the cards of data/footfall.duckdb, into {DEFAULT_OUT}
  FOOTFALL_DB=data/olist.duckdb python scripts/model_cards.py --out data/olist_cards

Models are looked up in FOOTFALL_ARTIFACTS (artifacts beside the database). Same build, same bytes.

exit code: 0 written; 1 nothing was replaced, something has to be mended first; 2 wrong usage.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: writes the cards, says where, returns the exit code."""
    parser = Parser(
        prog="model_cards.py",
        description="Write a card for each prediction: what it is, how good it is, where it ends.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path(DEFAULT_OUT), help=f"the folder ({DEFAULT_OUT})")
    chosen = parser.parse_args(arguments)
    database = Path(os.environ.get(DATABASE_VARIABLE, DEFAULT_DATABASE))
    try:
        written = write_cards(database, chosen.out)
    except (PredictError, ArtifactError) as error:
        print(f"model_cards.py: {error}", file=sys.stderr)
        return getattr(error, "exit_code", NOT_WRITTEN)
    print(f"{len(written) - 1} cards and their index in {chosen.out}")
    return FINE
