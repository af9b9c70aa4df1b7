"""The analyses answer on a built database, and the raw-log ones say what the marts say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Dbt, generate

ANALYSES = sorted((PROJECT / "analyses").glob("*.sql"))
LANDING = "data/landing/"
FUNNEL = PROJECT / "analyses" / "01_funnel_from_the_raw_logs.sql"
MINERAL_WATER = PROJECT / "analyses" / "02_mineral_water_from_the_raw_logs.sql"
# Nothing refused, nothing twice, everybody logged in: there is nothing that the models could do differently.
CLEAN = (
    "--customers",
    "600",
    "--days",
    "40",
    "--faults",
    "none",
    "--anonymous-share",
    "0",
    "--late",
    "0",
    "--twice",
    "0",
)


def answer(analysis: Path, database: Path, landing: Path) -> list[tuple]:
    """The rows of an analysis, its landing folder replaced by `landing`."""
    query = analysis.read_text(encoding="utf-8").replace(LANDING, f"{landing.as_posix()}/")
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def rows(database: Path, query: str) -> list[tuple]:
    """The rows of a query."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def clean_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing without faults, late or repeated events and anonymous visits."""
    return generate(tmp_path_factory.mktemp("clean"), *CLEAN)


@pytest.fixture(scope="session")
def clean_build(clean_landing: Path, dbt_for: Callable[..., Dbt]) -> Path:
    """The database built from it: the marts that the raw-log analyses are compared with."""
    wanted = ["+funnel_stage_totals", "+cross_sell_opportunities"]
    return dbt_for(clean_landing).build("--select", *wanted, "--exclude", "resource_type:test")


def test_there_are_at_least_ten() -> None:
    assert len(ANALYSES) >= 10
    numbers = [path.name[:3] for path in ANALYSES]
    assert numbers == [f"{n:02}_" for n in range(1, len(ANALYSES) + 1)]


@pytest.mark.parametrize(
    ("page", "text"),
    [("README.md", "one of {} prepared ones"), ("scripts/footfall/findings.py", "({} questions with answers)")],
)
def test_pages_say_how_many_there_are(page: str, text: str) -> None:
    assert text.format(len(ANALYSES)) in (PROJECT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("analysis", ANALYSES, ids=lambda path: path.stem)
def test_each_says_its_question_and_how_to_read_the_answer(analysis: Path) -> None:
    text = analysis.read_text(encoding="utf-8")
    assert re.match(r"-- Question: .+\?", text)
    assert "\n-- How to read it: " in text
    assert "{{" not in text and "{%" not in text, "plain SQL for the duckdb CLI, no Jinja"


@pytest.mark.parametrize("analysis", ANALYSES, ids=lambda path: path.stem)
def test_each_gives_rows(analysis: Path, build: Callable[[str], Path], landing: Callable[[str], Path]) -> None:
    assert answer(analysis, build("storefront"), landing("storefront"))


def test_the_command_line_runs_them(build: Callable[[str], Path]) -> None:
    """With the duckdb CLI, which is a version behind the library that wrote the file."""
    script = "".join(
        path.read_text(encoding="utf-8") for path in ANALYSES if LANDING not in path.read_text(encoding="utf-8")
    )
    done = subprocess.run(
        [str(Path(sys.executable).parent / "duckdb"), "-readonly", "-bail", "-csv", str(build("storefront"))],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_raw_funnel_is_the_marts(clean_build: Path, clean_landing: Path) -> None:
    query = """
        select step_number, step_name, event_count, round(share_of_first_rate, 4), round(share_of_previous_rate, 4)
        from marts.funnel_stage_totals where funnel = 'payment' order by step_number
    """
    told = rows(clean_build, query)
    assert len(told) == 4 and all(row[2] > 0 for row in told)
    assert answer(FUNNEL, clean_build, clean_landing) == told


def test_raw_mineral_water_is_the_marts(clean_build: Path, clean_landing: Path) -> None:
    query = """
        select product_id, viewer_count, view_count, anchor_customer_count
        from marts.cross_sell_opportunities where customer_group = 'all' and anchor_product_id = '102'
        order by viewer_count desc, view_count desc, product_id
    """
    told = rows(clean_build, query)
    assert len(told) > 50
    assert answer(MINERAL_WATER, clean_build, clean_landing) == told
