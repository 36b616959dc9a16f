"""What ``setup.py`` passes to setuptools."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

SETUP = Path(__file__).parents[2] / 'setup.py'


@pytest.fixture(scope='session')
def package() -> dict[str, Any]:
    """The arguments of ``setuptools.setup``, such as ``python_requires``."""
    with patch('setuptools.setup') as setup:
        runpy.run_path(str(SETUP))
    return setup.call_args.kwargs
