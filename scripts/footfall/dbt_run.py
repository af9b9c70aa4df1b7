"""dbt in a process of its own: its progress as one line on a terminal, what it said for whoever has to tell why it failed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from footfall.contract import PROJECT

PROGRESS = re.compile(r"(\d+) of (\d+) (START|OK|PASS) (.*?)\.*(?: \[|$)")
FAILED = re.compile(r"^\w+(?: \w+)? Error\b(?!:)")
STAMP = re.compile(r"^\d\d:\d\d:\d\d\s*")


def run_dbt(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, shown: TextIO | None = None
) -> tuple[int, list[str]]:
    """Runs `dbt *arguments` with `environment` on top of this process's: its exit code and the lines that it said.

    Where `shown` (None: stdout) is a terminal it has the progress. dbt ends with this process: whatever interrupts the wait stops it first.
    """
    command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments]
    shown = shown or sys.stdout
    said: list[str] = []
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                said.append(line)
                _show_progress(line, shown)
        except BaseException:
            process.terminate()
            raise
        finally:
            _clear_progress(shown)
    return process.returncode, said


def reason(said: Sequence[str]) -> str:
    """Why dbt failed: what follows the first line that names a kind of error; its last words where none does."""
    lines = [text for line in said if (text := STAMP.sub("", line).strip())]
    after = (line for line, before in zip(lines[1:], lines, strict=False) if FAILED.match(before))
    return next((line for line in after if not FAILED.match(line)), lines[-1] if lines else "it said nothing")


def _show_progress(line: str, shown: TextIO) -> None:
    found = PROGRESS.search(line)
    if found and shown.isatty():
        print(f"\r\033[K    {found[1]:>4} of {found[2]}  {found[4].strip(' .')[:80]}", end="", file=shown, flush=True)


def _clear_progress(shown: TextIO) -> None:
    if shown.isatty():
        print("\r\033[K", end="", file=shown, flush=True)
