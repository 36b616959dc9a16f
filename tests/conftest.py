"""For all tests. Its presence also puts ``tests/`` on the import path: ``import methods`` works from every folder."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import methods
import pytest
from runner_state import forget_runners


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rows FILE``: the promises of the method table for methods that live elsewhere (docs/adding_a_method.md)."""
    parser.addoption(
        '--rows',
        action='append',
        default=[],
        metavar='FILE',
        type=Path,
        help='Python file whose list ROWS is added to the method table; imports find what lies beside it',
    )


def pytest_configure(config: pytest.Config) -> None:
    """Before the tests are collected, which makes one of each row."""
    for file in config.getoption('--rows'):
        if not file.is_file():
            raise pytest.UsageError(f'--rows {file}: there is no such file')
        sys.path.insert(0, str(file.resolve().parent))
        rows = runpy.run_path(str(file)).get('ROWS')
        if not rows or not all(isinstance(row, methods.Method) for row in rows):
            raise pytest.UsageError(
                f'--rows {file}: needs a list ROWS of methods.Method, such as ROWS = [Method(...)]'
            )
        methods.add_rows(rows)


@pytest.fixture(autouse=True, scope='module')
def _own_runner_state() -> Iterator[None]:
    """No module of tests sees the Runners of an earlier one."""
    yield
    forget_runners()


@pytest.fixture
def toy_config(tmp_path: Path) -> Path:
    """The toy config of toy_apis.py as a file of its own."""
    import toy_apis  # registers its components

    return toy_apis.write_config(tmp_path)
