"""Shared by the tests of whole runs."""

from __future__ import annotations

from collections.abc import Iterator

import micro as world
import pytest
from micro_runs import Finished, surroundings
from runner_state import forget_runners

from vamp_mm import apis

# The name `test` is an api here, not a test.
apis.test.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _surroundings() -> Iterator[None]:
    with surroundings():
        yield
    forget_runners()


@pytest.fixture(scope='session')
def micro(tmp_path_factory: pytest.TempPathFactory) -> world.Micro:
    """Data, weights and configs; tests must not change them."""
    return world.build(tmp_path_factory.mktemp('micro'))


@pytest.fixture(scope='session')
def finished(micro: world.Micro, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Trained in one process without loading processes, never interrupted; tests must not change it."""
    work_dir = tmp_path_factory.mktemp('finished') / 'run'
    with surroundings():
        metrics = micro.train(work_dir)
    forget_runners()
    run = Finished.read(work_dir)
    assert run.metrics == metrics
    return run
