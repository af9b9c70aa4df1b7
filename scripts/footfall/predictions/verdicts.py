"""What a model's figures say, in a sentence each: whether it beats the dumbest rule, whether it is too good to be true, what a leak
would be worth. A model that does not beat its baseline says so."""

from __future__ import annotations

import polars as pl

from footfall.predictions.training import LEAKING, SHUFFLED

CHANCE, SLIPPED = 0.5, 0.02
"""Shuffled outcomes are ranked by chance; where the whole interval is better by more than this, the procedure lets something slip."""

# What tells models and baselines apart: the metric, how much better the model is by it, and whether less of it is better.
MEASURES = (
    ("wape", "wape_gained", "WAPE", True),
    ("rmse", "rmse_gained", "root mean square error", True),
    ("accuracy", "accuracy_gained", "share of right guesses", False),
    ("roc_auc", "roc_auc_gained", "ROC-AUC", False),
)


def verdicts(rows: pl.DataFrame, alarm_auc: float) -> list[dict[str, object]]:
    """Rows with a note for one prediction's figures (columns of building.FIGURES); `alarm_auc` is too good to be true."""
    test = rows.filter(pl.col("split") == "test")
    chosen = test.filter(pl.col("role") == "chosen")
    if not chosen.height:
        return []
    same = {name: chosen[name][0] for name in ("prediction", "model_version", "candidate", "split", "snapshot_on")}
    notes = [("verdict", _verdict(test, chosen))]
    auc = _one(chosen, "roc_auc")
    audits = test.filter(pl.col("role") == "audit")
    if audits.height and auc:
        shuffled = _one(audits.filter(pl.col("candidate") == SHUFFLED), "roc_auc")
        leaking = _one(audits.filter(pl.col("candidate") == LEAKING), "roc_auc")
        if auc["metric_value"] > alarm_auc:
            notes.append(("alarm", f"ROC-AUC {auc['metric_value']:.3f} is too good to be true: look for what leaks"))
        if shuffled and shuffled["metric_value"] is not None and _slipped(shuffled):
            told = f"{shuffled['metric_value']:.3f} {_between(shuffled)}"
            notes.append(("alarm", f"ranks shuffled outcomes better than chance (ROC-AUC {told}): the procedure leaks"))
        if leaking and leaking["metric_value"] is not None:
            told = f"{leaking['metric_value']:.3f} in place of {auc['metric_value']:.3f}"
            notes.append(("price_of_the_leak", f"with features from after the outcome ROC-AUC would look like {told}"))
    return [{**same, "role": role, "metric": "note", "note": note} for role, note in notes]


def _slipped(shuffled: dict[str, float]) -> bool:
    return shuffled["metric_value_low"] > CHANCE + SLIPPED


def _verdict(test: pl.DataFrame, chosen: pl.DataFrame) -> str:
    for metric, gained, said, is_less_better in MEASURES:
        own = _one(chosen, metric)
        others = test.filter(
            (pl.col("role") == "baseline") & (pl.col("metric") == metric) & pl.col("metric_value").is_not_null()
        )
        if own is None or own["metric_value"] is None or not others.height:
            continue
        best = others.sort("metric_value", "candidate", descending=[not is_less_better, False]).row(0, named=True)
        won = (best["metric_value"] - own["metric_value"]) * (1 if is_less_better else -1)
        difference = _one(test.filter(pl.col("candidate") == best["candidate"]), gained)
        has_interval = difference is not None and difference["metric_value_low"] is not None
        low, high = (difference["metric_value_low"], difference["metric_value_high"]) if has_interval else (won, won)
        told = f"{said} {_number(own['metric_value'])} against {_number(best['metric_value'])}"
        if low > 0:
            begin, by = "beats", f", better by {_span(won, low, high)}"
        elif high < 0:
            begin, by = "does worse than", f", worse by {_span(-won, -high, -low)}"
        else:
            begin, by = "does not beat", f", a difference of {_span(won, low, high)}"
        return f"{begin} its best baseline, {best['candidate']}: {told}" + (by if has_interval else "")
    return "has no figure to compare with a baseline"


def _one(rows: pl.DataFrame, metric: str) -> dict[str, float] | None:
    found = rows.filter((pl.col("metric") == metric) & pl.col("bin").is_null())
    return found.row(0, named=True) if found.height else None


def _span(value: float, low: float, high: float) -> str:
    return f"{_number(value)} [{_number(low)}, {_number(high)}]"


def _between(figure: dict[str, float]) -> str:
    return f"[{_number(figure['metric_value_low'])}, {_number(figure['metric_value_high'])}]"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
