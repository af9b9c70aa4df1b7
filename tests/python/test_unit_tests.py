"""dbt's own unit tests: one for each decision, at its edges. They stand in the YAML beside the models."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from conftest import Dbt


def test_every_unit_test_passes(
    build: Callable[[str], Path], landing: Callable[[str], Path], dbt_for: Callable[..., Dbt]
) -> None:
    """They need the tables to exist, so they run against a copy of the built database."""
    dbt = dbt_for(landing("storefront"))
    shutil.copy(build("storefront"), dbt.database)
    run = dbt("test", "--select", "test_type:unit")
    assert run.returncode == 0, run.output[-8000:]
    passed = re.search(r"PASS=(\d+)", run.output)
    assert passed
    assert int(passed[1]) >= 70
