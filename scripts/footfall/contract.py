"""The landing contract as the sources' YAML states it: which tables, files and columns a source has."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2]
LANDING_VARIABLE = "FOOTFALL_LANDING"
DEFAULT_LANDING = "data/landing"
DATABASE_VARIABLE = "FOOTFALL_DB"
DEFAULT_DATABASE = "data/footfall.duckdb"


@dataclass(frozen=True)
class LandedTable:
    """One kind of file of a source.

    `name` is the table; `patterns` are globs of its files; `columns` all columns that it may have, `required` those
    that each file must have. `is_optional`: the table may be missing altogether.
    """

    name: str
    patterns: tuple[str, ...]
    columns: tuple[str, ...]
    required: tuple[str, ...]
    is_optional: bool

    def files(self) -> list[str]:
        """Paths of the table's files, sorted."""
        return sorted(path for pattern in self.patterns for path in glob(pattern))  # noqa: PTH207


def landing_root() -> str:
    """The landing folder: what FOOTFALL_LANDING names, else data/landing."""
    return os.environ.get(LANDING_VARIABLE, DEFAULT_LANDING)


def known_sources() -> list[str]:
    """Names of the sources that have an adapter under models/staging."""
    return sorted(path.parent.name for path in (PROJECT / "models" / "staging").glob("*/sources.yml"))


def landed_tables(source: str, root: str | None = None) -> list[LandedTable]:
    """The tables of `source` with their files under `root` (default: landing_root()).

    Raises ValueError with one line when there is no such source.
    """
    path = PROJECT / "models" / "staging" / source / "sources.yml"
    if not path.exists():
        raise ValueError(f"source_system '{source}' has no adapter: choose one of {', '.join(known_sources())}")
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]
    default_location = _meta(declared).get("external_location", "")
    folder = root if root is not None else landing_root()
    patterns: dict[str, list[str]] = {}
    columns: dict[str, dict] = {}
    optional: dict[str, bool] = {}
    for table in declared["tables"]:
        meta = _meta(table)
        owner = meta.get("lines_of", table["name"])
        location = meta.get("external_location", default_location)
        patterns.setdefault(owner, []).extend(_file_patterns(location, table["name"], folder))
        if owner == table["name"]:
            columns[owner] = {column["name"]: _meta(column) for column in table.get("columns", [])}
            optional[owner] = bool(meta.get("optional", False))
    return [
        LandedTable(
            name=name,
            patterns=tuple(patterns[name]),
            columns=tuple(columns[name]),
            required=tuple(column for column, meta in columns[name].items() if meta.get("required")),
            is_optional=optional[name],
        )
        for name in columns
    ]


def _meta(node: dict) -> dict:
    return node.get("config", {}).get("meta", {})


def _file_patterns(location: str, table: str, root: str) -> list[str]:
    """The file globs that an external_location reads, with the landing folder filled in."""
    rendered = re.sub(r"\{\{\s*env_var\([^}]*\}\}", lambda _: root, location).replace("%(name)s", table)
    return re.findall(r"'([^']+\.(?:parquet|jsonl|csv|csv\.gz))'", rendered)
