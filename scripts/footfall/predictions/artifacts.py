"""Trained models on disk: a scikit-learn estimator that is read without running what is in it (skops), and what it is, as JSON.

A model is one file, `<source>/<prediction>/<version>.skops`, beside `<version>.json`; `current.json` there names the newest. A model
of a few parameters (lifetime values) has them in the JSON and no other file. Files are written aside and renamed, the pointer last: a
reader finds a whole model or the one before.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import polars as pl
import sklearn
import skops.io
from sklearn.base import ClassifierMixin

from footfall.export import project_version
from footfall.predictions.features import FEATURES, NUMBER, Feature

FORMAT = 2
CURRENT = "current.json"
# All that a model of ours is made of beside what skops trusts by itself; anything else in a file is refused.
TRUSTED = frozenset(
    {
        "numpy.asfortranarray",
        "numpy.dtype",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)


class ArtifactError(Exception):
    """Why a saved model cannot be used; one line with the fix."""


@dataclass(frozen=True)
class Metadata:
    """What a saved model is. Days as ISO dates; `data_hash` is of all rows that it was made of (learned from, judged by, and today's, of which bands and what is usual are), `model_hash` of its file."""

    prediction: str
    version: str
    candidate: str
    source_system: str
    as_of_date: str
    horizon_days: int
    snapshots: list[str]
    row_count: int
    features: list[str]
    usual: dict[str, float | str | None]
    threshold: float
    bands: dict[str, float]
    cut: float | None
    data_hash: str
    model_hash: str
    versions: dict[str, str]
    parameters: dict[str, float] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    format: int = FORMAT


def versions() -> dict[str, str]:
    """What a model depends on to be read."""
    return {
        "footfall": project_version(),
        "scikit-learn": sklearn.__version__,
        "skops": skops.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def hash_of(rows: pl.DataFrame) -> str:
    """A hash of a table's names, types and rows, in their order."""
    told = hashlib.sha256(repr(rows.schema).encode())
    told.update(rows.write_csv(null_value="\\N").encode())
    return told.hexdigest()


def version_of(prediction: str, as_of: date, data_hash: str, settings: Mapping[str, object]) -> str:
    """A name that tells models apart: of the same data, settings and packages it is the same."""
    told = json.dumps([data_hash, {name: str(value) for name, value in sorted(settings.items())}, versions()])
    return f"{prediction}-{as_of:%Y%m%d}-{hashlib.sha256(told.encode()).hexdigest()[:10]}"


def save(folder: Path, model: ClassifierMixin | None, metadata: Metadata) -> Path:
    """Writes a model (None: its parameters are all) and what it is below `folder`; the file of the metadata."""
    place = folder / metadata.source_system / metadata.prediction
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{metadata.version}.json"
    told = asdict(metadata)
    if model is not None:
        data = skops.io.dumps(model)
        told["model_hash"] = hashlib.sha256(data).hexdigest()
        _replace(path.with_suffix(".skops"), data)
    _replace(path, json.dumps(told, indent=2).encode())
    _replace(place / CURRENT, json.dumps({"version": metadata.version}).encode())
    return path


def current(folder: Path, source: str, prediction: str) -> Path:
    """The metadata's file of the newest model. Raises ArtifactError where there is none."""
    place = folder / source / prediction
    try:
        return place / f"{json.loads((place / CURRENT).read_text(encoding='utf-8'))['version']}.json"
    except (OSError, ValueError, KeyError, TypeError):
        raise ArtifactError(f"{place}: there is no model. Fix: dbt build trains one.") from None


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_bytes(data)
    partial.replace(path)


def load(path: Path) -> tuple[ClassifierMixin, Metadata]:
    """A saved model and what it is, by its metadata's file. Raises ArtifactError where it is missing, changed, made by other versions,
    or more than a model."""
    metadata = told_by(path)
    path = path.with_suffix(".skops")
    try:
        data = path.read_bytes()
    except OSError:
        raise ArtifactError(f"{path}: there is no such model. Fix: dbt build trains one.") from None
    if hashlib.sha256(data).hexdigest() != metadata.model_hash:
        raise ArtifactError(f"{path}: the file is not the one that was saved. Fix: dbt build trains it anew.")
    # Pipelines are only the same between releases of scikit-learn whose first two numbers are.
    theirs, ours = metadata.versions.get("scikit-learn", "none"), sklearn.__version__
    if theirs.split(".")[:2] != ours.split(".")[:2]:
        raise ArtifactError(
            f"{path}: was saved by scikit-learn {theirs}, here is {ours}. Fix: dbt build trains it anew, or install that one."
        )
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(data=data)) - TRUSTED)
        if unknown:
            raise ArtifactError(
                f"{path}: has {unknown[0]} in it, which no model of ours has. Fix: do not use this file."
            )
        return skops.io.loads(data, trusted=sorted(TRUSTED)), metadata
    except (BadZipFile, LookupError, TypeError, ValueError, AttributeError, ImportError) as error:
        # A file of another kind, or one whose parts are not what they say they are.
        raise ArtifactError(
            f"{path}: is no saved model ({type(error).__name__}). Fix: dbt build trains it anew."
        ) from None


def told_by(path: Path) -> Metadata:
    """What a saved model is. Raises ArtifactError where that cannot be read."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise ArtifactError(
                f"{path}: is of format {told['format']}, here is {FORMAT}. Fix: dbt build trains it anew."
            )
        return Metadata(**told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(
            f"{path}: does not tell what model it is of ({error}). Fix: dbt build trains one."
        ) from None


def features_of(metadata: Metadata) -> Sequence[Feature]:
    """The features that a saved model takes. Raises ArtifactError where this version does not have them all, or the metadata not what it takes."""
    known = {one.name: one for one in FEATURES}
    missing = [name for name in metadata.features if name not in known]
    if missing:
        raise ArtifactError(
            f"{metadata.version}: wants the feature {missing[0]}, which is no more. Fix: dbt build trains it anew."
        )
    features = [known[name] for name in metadata.features]
    unknown = [one.name for one in features if one.kind != NUMBER and one.name not in (metadata.texts or {})]
    if unknown:
        raise ArtifactError(f"{metadata.version}: lacks the texts of {unknown[0]}. Fix: dbt build trains it anew.")
    return features
