"""The same rows give the same tables: other file names, another order of rows in the files, other threads."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from conftest import PREDICTIONS, PROJECT, generate
from test_project import build_here, layer, nodes

# More than a month, and enough events a day for drift to be measured.
SMALL = ("--customers", "600", "--days", "40", "--events", "40000", "--seed", "11")
# What may depend on how rows came: the name of the file, and a key that is made of it.
LINEAGE = {"_source_file", "source_file", "quarantined_row_id"}


def shuffled_copy(landing: Path, folder: Path) -> Path:
    """The same rows in the same day folders: files renamed, rows in another order."""
    dice = random.Random(3)
    shutil.copytree(landing / "storefront", folder / "storefront")
    for path in sorted((folder / "storefront").rglob("*.*")):
        if path.suffix == ".parquet":
            pl.read_parquet(path, hive_partitioning=False).sample(fraction=1, shuffle=True, seed=5).write_parquet(path)
        if path.suffix == ".jsonl":
            lines = path.read_text(encoding="utf-8").splitlines()
            dice.shuffle(lines)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        path.rename(path.with_name(f"{dice.getrandbits(64):x}{path.suffix}"))
    return folder


@pytest.fixture(scope="module")
def two_builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with both builds attached, as one and other."""
    landing = generate(tmp_path_factory.mktemp("landing"), *SMALL)
    shuffled = shuffled_copy(landing, tmp_path_factory.mktemp("shuffled"))
    with duckdb.connect() as connection:
        for name, folder, threads in (("one", landing, 2), ("other", shuffled, 1)):
            database = tmp_path_factory.mktemp(name) / "footfall.duckdb"
            succeeded, told = build_here(folder, database, "--threads", str(threads))
            assert succeeded, told
            connection.execute(f"attach '{database}' as {name} (read_only)")
        yield connection


def marts() -> list[str]:
    """Names of all marts."""
    return sorted(path.stem for path in PROJECT.glob("models/marts/*/*") if path.suffix in (".sql", ".py"))


@pytest.mark.parametrize("mart", marts())
def test_both_builds_are_equal(two_builds: duckdb.DuckDBPyConnection, mart: str) -> None:
    """Row for row, both ways, every column but those of lineage."""
    described = two_builds.execute(f"describe one.marts.{mart}").fetchall()
    columns = ", ".join(f'"{name}"' for name, *_ in described if name not in LINEAGE)
    one, other = (f"select {columns} from {database}.marts.{mart}" for database in ("one", "other"))
    assert two_builds.execute(f"{one} except all {other} limit 5").fetchall() == []
    assert two_builds.execute(f"{other} except all {one} limit 5").fetchall() == []


def test_the_comparison_is_about_something(two_builds: duckdb.DuckDBPyConnection) -> None:
    """Files do have other names; every mart is compared; only few are empty (there are no sellers, and too little history for models)."""
    assert set(marts()) == {name for name, node in nodes("model").items() if layer(node) == "marts"}
    files = "select distinct _source_file from {}.marts.fct_events"
    common = two_builds.execute(f"{files.format('one')} intersect {files.format('other')}").fetchall()
    assert common == []
    empty = {mart for mart in marts() if not two_builds.execute(f"select 1 from one.marts.{mart} limit 1").fetchall()}
    assert "fct_events" not in empty and len(empty - {*PREDICTIONS}) <= 4, empty
    assert two_builds.execute("select count(*) from one.marts.score_drift where psi is not null").fetchone() != (0,)
