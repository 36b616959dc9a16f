"""For all tests. Its presence also puts ``tests/`` on the import path: ``import methods`` works from every folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from runner_state import forget_runners


@pytest.fixture(autouse=True, scope='module')
def _own_runner_state() -> Iterator[None]:
    """No module of tests sees the Runners of an earlier one."""
    yield
    forget_runners()
