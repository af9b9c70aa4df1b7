"""More data than memory makes a build slower; it does not make it fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Dbt, generate


@pytest.mark.large
def test_a_build_spills_within_its_limit(
    dbt_for: Callable[..., Dbt], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default size does not fit into 1 GB: windows and joins go through the disk."""
    monkeypatch.setenv("FOOTFALL_MEMORY_LIMIT", "1GB")
    dbt_for(generate(tmp_path_factory.mktemp("default"))).build()
