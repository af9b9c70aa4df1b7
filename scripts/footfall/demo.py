"""`make run`: generate, build, test, and say what was found."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from footfall.contract import DATABASE_VARIABLE, DEFAULT_DATABASE, LANDING_VARIABLE, PROJECT, landing_root
from footfall.dbt_run import run_dbt
from footfall.findings import findings
from footfall.publish import PublishError, publish, serving_folder

EXAMPLES = """examples:
  python scripts/run.py                       the demo, on generated data
  python scripts/run.py --fresh               the same, from new data
  FOOTFALL_LANDING=my/landing python scripts/run.py --source storefront
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs the demo; the exit code: 0 all tables built and all tests passed, 1 not so."""
    options = _options(arguments)
    os.chdir(PROJECT)
    database = Path(os.environ.get(DATABASE_VARIABLE, DEFAULT_DATABASE))
    database.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    if options.source == "storefront" and not _generated(options.fresh):
        return 1
    if not _build(options.source, options.fresh) or not _published(database):
        return 1
    print(f"\n{findings(database, time.monotonic() - started)}")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Generate demo data (once), build and test every table, say what was found.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", default="storefront", help="source_system to build (storefront)")
    parser.add_argument("--fresh", action="store_true", help="make the demo data anew")
    return parser.parse_args(arguments)


def _generated(fresh: bool) -> bool:
    """Makes the demo data unless the landing folder has some; False when that failed."""
    folder = Path(landing_root()) / "storefront"
    if folder.is_dir() and any(folder.iterdir()) and not fresh:
        print(f"1/3 Data: using what is in {folder}")
        return True
    if (
        folder.is_dir()
        and any(folder.iterdir())
        and not (folder.parent / "_truth" / folder.name / "manifest.json").exists()
    ):
        print(
            f"{folder}: these files were not generated. Fix: name another folder with FOOTFALL_LANDING.",
            file=sys.stderr,
        )
        return False
    if LANDING_VARIABLE in os.environ and not fresh:
        print(f"{folder}: no files here. Fix: land some, or unset {LANDING_VARIABLE} for the demo.", file=sys.stderr)
        return False
    print(f"1/3 Data: generating a shop's raw files into {folder}", flush=True)
    command = [sys.executable, "scripts/generate.py", "--out", landing_root()]
    return subprocess.run([*command, "--overwrite"] if fresh else command, check=False).returncode == 0


def _build(source: str, anew: bool) -> bool:
    """dbt build with every data test, one line of progress; prints dbt's own words when something fails. `anew`: from all files."""
    print("2/3 Tables: building and testing every one of them", flush=True)
    arguments = ["build", "--exclude", "resource_type:unit_test", "--vars", f"source_system: {source}"]
    code, output = run_dbt([*arguments, "--full-refresh"] if anew else arguments)
    if code != 0:
        print(_failures(output), file=sys.stderr)
        return False
    return True


def _published(database: Path) -> bool:
    """Publishes what was built, for the dashboard; False when that failed."""
    print("3/3 Dashboard: publishing what was built", flush=True)
    try:
        publish(database, serving_folder())
    except PublishError as error:
        print(error, file=sys.stderr)
        return False
    return True


def _failures(output: list[str]) -> str:
    """What dbt said after it had finished; all of it when it never came so far."""
    text = "".join(output)
    _, _, summary = text.partition("Completed with")
    return f"The build did not go through:\n{summary or text[-4000:]}"
