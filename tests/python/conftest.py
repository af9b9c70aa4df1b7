"""What the tests share: landings and the databases that dbt built from them, each made once per session."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
REAL_SOURCES = ("olist", "rees46", "online_retail")
DATASETS_VARIABLE = "FOOTFALL_DATASETS"
# Small enough for the fast suite, large enough for every fault, driver and pair to be there.
GENERATED = ("--customers", "5000", "--days", "90", "--seed", "7")
# Half a year, and enough customers for models to find what was planted.
HALF_YEAR = ("--customers", "3000", "--days", "181", "--seed", "11")
FEW_OUTCOMES = {"prediction_min_outcomes": 20}
PREDICTIONS = (
    "model_metrics",
    "churn_predictions",
    "high_value_predictions",
    "next_purchase_predictions",
    "customer_lifetime_value",
    "revenue_forecast",
)
# The tests of what is selected, without those that look at tables beside it.
WITHOUT_OTHERS = ("--exclude", "resource_type:unit_test", "--indirect-selection", "cautious")


@dataclass
class DbtRun:
    """How a dbt command ended: `output` is all that it printed."""

    returncode: int
    output: str

    def lines_with(self, text: str) -> list[str]:
        """The printed lines that hold `text`."""
        return [line for line in self.output.splitlines() if text in line]


@dataclass
class Dbt:
    """Runs dbt against one landing folder and one database, in a process of its own."""

    landing: Path
    database: Path
    target: Path
    variables: dict[str, object] = field(default_factory=dict)

    def __call__(self, *arguments: str, **variables: object) -> DbtRun:
        """Runs `dbt *arguments` with the given variables on top of this object's own."""
        command = self._command(*arguments, **variables)
        done = subprocess.run(
            command, cwd=PROJECT, env=self._environment(), capture_output=True, text=True, check=False
        )
        return DbtRun(done.returncode, done.stdout + done.stderr)

    def killed_after(self, seconds: float, *arguments: str) -> bool:
        """Runs `dbt *arguments` and kills it (SIGKILL) after so many seconds; False when it had finished by then."""
        command = self._command(*arguments)
        with subprocess.Popen(
            command, cwd=PROJECT, env=self._environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                return True
        return False

    def _command(self, *arguments: str, **variables: object) -> list[str]:
        merged = {**self.variables, **variables}
        command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments]
        return [*command, "--vars", repr(merged)] if merged else command

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "FOOTFALL_LANDING": str(self.landing),
            "FOOTFALL_DB": str(self.database),
            "FOOTFALL_ARTIFACTS": str(self.database.parent / "artifacts"),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.target / "logs"),
        }

    def build(self, *arguments: str, **variables: object) -> Path:
        """Builds everything with every data test (unit tests run by themselves); fails the test where dbt fails."""
        run = self("build", "--exclude", "resource_type:unit_test", *arguments, **variables)
        assert run.returncode == 0, run.output[-8000:]
        return self.database


@cache
def datasets_folder() -> Path | None:
    """The folder with the real data, None where FOOTFALL_DATASETS is not set."""
    named = os.environ.get(DATASETS_VARIABLE)
    return Path(named).resolve() if named else None


def generate(folder: Path, *arguments: str) -> Path:
    """Writes generated data below `folder`; the landing root."""
    command = [sys.executable, "scripts/generate.py", "--out", str(folder), *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the processes of a test run share (pytest -n): the first that wants it makes it, the others wait."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def generated_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small generated landing with faults and truth; _truth/storefront lies beside storefront."""
    return made_once(tmp_path_factory, "generated", lambda folder: generate(folder, *GENERATED))


@pytest.fixture(scope="session")
def landing(generated_landing: Path) -> Callable[[str], Path]:
    """landing(source): the landing root of a source; skips where the real data is not at hand."""

    def root(source: str) -> Path:
        if source == "storefront":
            return generated_landing
        folder = datasets_folder()
        if folder is None or not (folder / source).is_dir():
            pytest.skip(f"no real data: set {DATASETS_VARIABLE} to a folder that holds {source}/")
        return folder

    return root


@pytest.fixture(scope="session")
def dbt_for(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Dbt]:
    """dbt_for(landing, **variables): a Dbt with a new database of its own."""

    def make(landing: Path, **variables: object) -> Dbt:
        folder = tmp_path_factory.mktemp("dbt")
        return Dbt(landing, folder / "footfall.duckdb", folder / "target", variables)

    return make


@pytest.fixture(scope="session")
def build(landing: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """build(source): the database built from a source's landing with every data test, once per run; to be read or copied."""

    @cache
    def built(source: str) -> Path:
        root = landing(source)

        def make(folder: Path) -> None:
            Dbt(root, folder / "footfall.duckdb", folder / "target", {"source_system": source}).build()

        return made_once(tmp_path_factory, f"built_{source}", make) / "footfall.duckdb"

    return built


@pytest.fixture(scope="session")
def serving_for(build: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """serving_for(source): the folder with the published build of a source."""

    from footfall.publish import publish

    def folder(source: str) -> Path:
        database = build(source)
        return made_once(tmp_path_factory, f"serving_{source}", lambda made: publish(database, made))

    return folder


@pytest.fixture(scope="session")
def opened(serving_for: Callable[[str], Path]) -> Callable[[str], object]:
    """opened(source): its published version."""

    from dashboard.queries import open_current

    @cache
    def open_one(source: str) -> object:
        return open_current(serving_for(source))

    return open_one


@pytest.fixture(scope="session")
def half_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing with enough history to learn from."""
    return made_once(tmp_path_factory, "half_year", lambda folder: generate(folder, *HALF_YEAR))


@pytest.fixture(scope="session")
def predicted(half_year: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database with all predictions of half_year, `artifacts` beside it; to be read or copied."""

    def make(folder: Path) -> None:
        dbt = Dbt(half_year, folder / "footfall.duckdb", folder / "target", FEW_OUTCOMES)
        done = dbt("build", "-s", *(f"+{mart}" for mart in PREDICTIONS), *WITHOUT_OTHERS)
        assert done.returncode == 0, done.output[-6000:]

    return made_once(tmp_path_factory, "predicted", make) / "footfall.duckdb"
