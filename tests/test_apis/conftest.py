"""Shared by the tests of vamp_mm.apis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import toy_apis
from runner_state import forget_runners


@pytest.fixture(autouse=True)
def _own_runner_state() -> Iterator[None]:
    """These tests start several Runners of one name in one second."""
    yield
    forget_runners()


@pytest.fixture
def toy_config(tmp_path: Path) -> Path:
    """The toy config as a file of its own."""
    return toy_apis.write_config(tmp_path)
