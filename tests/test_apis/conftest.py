"""Shared by the tests of vamp_mm.apis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import toy_apis
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer


@pytest.fixture(autouse=True)
def _own_runner_state() -> Iterator[None]:
    """Runners of one name in one second would share MMEngine's process-wide log, message hub and scope."""
    yield
    for manager in (MessageHub, MMLogger, DefaultScope, Visualizer):
        manager._instance_dict.clear()


@pytest.fixture
def toy_config(tmp_path: Path) -> Path:
    """The toy config as a file of its own."""
    return toy_apis.write_config(tmp_path)
