"""The questions as dbt compiles them from analyses/questions, and a small database with the seeds that they read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from footfall.contract import DATABASE_VARIABLE, LANDING_VARIABLE, PROJECT
from footfall.peers.files import Files
from footfall.peers.questions import QUESTIONS

ANALYSES = "analyses/questions"
SEEDS = ("engagement_weights",)


def compile_questions(files: Files, folder: Path, **others: object) -> Path:
    """A folder with <question>.sql and footfall.duckdb; `others` are further variables. Raises RuntimeError with dbt's last words when it fails."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "landing").mkdir(parents=True)
    variables = {
        "question_files": files.folder,
        "question_anchor": files.anchor_product_id,
        "as_of_date": files.as_of_date,
        **others,
    }
    environment = {
        LANDING_VARIABLE: str(folder / "landing"),
        DATABASE_VARIABLE: str(folder / "footfall.duckdb"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    script = "import sys; sys.path.insert(0, 'scripts'); from footfall.peers.compiled import run_dbt; run_dbt()"
    command = [sys.executable, "-c", script, repr(variables)]
    done = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"dbt could not compile {ANALYSES}.\n{(done.stdout + done.stderr)[-2000:]}")
    for question in QUESTIONS:
        compiled = folder / "target" / "compiled" / "footfall" / ANALYSES / f"{question}.sql"
        shutil.copy(compiled, folder / f"{question}.sql")
    return folder


def run_dbt() -> None:
    """In a process of its own: creates the seeds' tables and compiles the questions, the project parsed once for both."""
    from dbt.cli.main import dbtRunner

    shown = ["--quiet"]
    variables = ["--vars", sys.argv[1]]
    parsed = dbtRunner().invoke([*shown, "parse", *variables])
    runner = dbtRunner(manifest=parsed.result)
    for command in (["seed", "--select", *SEEDS], ["compile", "--select", f"path:{ANALYSES}"]):
        done = runner.invoke([*shown, *command, *variables])
        if not done.success:
            sys.exit(str(done.exception or "failed"))
