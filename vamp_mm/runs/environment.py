"""Versions and machine that a result depends on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import mmengine
import numpy as np
import torch

import vamp_mm

_PACKAGES = ('mmpretrain', 'open_clip_torch', 'torchvision')


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result depends on."""
    found = {
        'python': platform.python_version(),
        'torch': torch.__version__,
        'numpy': np.__version__,
        'mmengine': mmengine.__version__,
        'vamp_mm': vamp_mm.__version__,
    }
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = 'not installed'
    return found


def hardware() -> dict[str, Any]:
    """The machine that a time or a memory figure was measured on."""
    cuda = torch.cuda.is_available()
    return {
        'device': torch.cuda.get_device_name() if cuda else 'cpu',
        'devices': torch.cuda.device_count() if cuda else 1,
        'machine': platform.machine(),
        'cores': os.cpu_count(),
        'threads': torch.get_num_threads(),
    }
