"""What MMEngine's Runners leave behind in a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mmengine.logging import MessageHub, MMLogger
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer


def forget_runners() -> None:
    """Drop the process-wide logs, message hubs and default scopes of earlier Runners.

    A later Runner of the same name in the same second would share them, and what is built outside a Runner would be looked
    up in the last one's scope.
    """
    for manager in (MessageHub, MMLogger, DefaultScope, Visualizer):
        manager._instance_dict.clear()


@pytest.fixture(autouse=True)
def own_runner_state() -> Iterator[None]:
    """For the conftest of tests that start several Runners of one name in one second."""
    yield
    forget_runners()
