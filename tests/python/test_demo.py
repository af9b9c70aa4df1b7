"""`make run`, on a landing that is there: what it says, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT


def run_demo(landing: Path, database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`scripts/run.py` against a landing folder and a database of its own."""
    environment = {
        **os.environ,
        "FOOTFALL_LANDING": str(landing),
        "FOOTFALL_DB": str(database),
        "DBT_TARGET_PATH": str(database.parent / "target"),
        "DBT_LOG_PATH": str(database.parent / "logs"),
    }
    command = [sys.executable, "scripts/run.py", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


def test_the_demo_says_what_it_found(generated_landing: Path, tmp_path: Path) -> None:
    done = run_demo(generated_landing, tmp_path / "footfall.duckdb")
    assert done.returncode == 0, done.stderr
    for found in (
        "Sessions",
        "Payments",
        "Funnel",
        "Carts",
        "Cross-sell",
        "Sales",
        "nothing is lost",
        "duckdb -readonly",
    ):
        assert found in done.stdout, found
    assert "using what is in" in done.stdout
    assert len(done.stdout.splitlines()) < 20


@pytest.mark.parametrize("arguments", [(), ("--fresh",)])
def test_the_demo_never_writes_into_somebody_elses_landing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Neither beside a user's first steps (a folder without files yet) nor over a user's files."""
    landing = tmp_path / "mine"
    (landing / "storefront").mkdir(parents=True)
    if arguments:
        (landing / "storefront" / "note.txt").write_text("mine", encoding="utf-8")
    done = run_demo(landing, tmp_path / "built" / "footfall.duckdb", *arguments)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Fix:" in done.stderr
    left = [path.name for path in landing.rglob("*") if path.is_file()]
    assert left == (["note.txt"] if arguments else [])
