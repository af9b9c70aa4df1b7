"""Runs Footfall on Apache Spark for the tests: dbt in a process of its own, and the tables as Parquet files."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import PROJECT, DbtRun

needs_spark = [
    pytest.mark.spark,
    pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark is not installed: run `make test-spark`"),
    pytest.mark.skipif(
        shutil.which("java") is None,
        reason="Java is missing: install Java 17 or newer (on Debian: apt-get install openjdk-17-jre-headless)",
    ),
]


@dataclass
class SparkDbt:
    """dbt against one landing folder and one warehouse; several commands share a session, which takes half a minute to start."""

    landing: Path
    folder: Path
    target: str = "spark"
    variables: dict[str, object] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *commands: str) -> DbtRun:
        """Runs `dbt <command> --target …` for each, or `export`, which writes all tables to self.exported."""
        return self.ended(self.begin(*commands))

    def begin(self, *commands: str) -> subprocess.Popen[bytes]:
        """The same, without waiting for it. What it prints goes to a file: a pipe that nobody reads would stop it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(PROJECT / "tests" / "python" / "spark_driver.py")]
        command += [self._with_options(one) for one in commands]
        with self._words.open("wb") as printed:
            return subprocess.Popen(
                command,
                cwd=PROJECT,
                env=self._environment(),
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ended(self, process: subprocess.Popen[bytes]) -> DbtRun:
        """Waits for what `begin` began."""
        process.wait()
        return DbtRun(process.returncode, self._words.read_text(encoding="utf-8", errors="replace"))

    @property
    def _words(self) -> Path:
        return self.folder / "words.txt"

    @property
    def exported(self) -> Path:
        """Where `export` writes <schema>.<table>/*.parquet."""
        return self.folder / "exported"

    def build(self, *commands: str) -> Path:
        """Builds everything with every data test (or runs `commands`) and exports it; fails the test where dbt fails."""
        run = self(*(commands or ("build --exclude resource_type:unit_test",)), "export")
        assert run.returncode == 0, run.output[-8000:]
        return self.exported

    def _with_options(self, command: str) -> str:
        if command.startswith("landing "):
            return command
        if command == "export":
            return f"export {self.target} {self.exported}"
        variables = f" --vars {shlex.quote(json.dumps(self.variables))}" if self.variables else ""
        return f"{command} --no-use-colors --target {self.target}{variables}"

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "FOOTFALL_LANDING": str(self.landing),
            "FOOTFALL_SPARK": str(self.folder),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            **self.settings,
        }
