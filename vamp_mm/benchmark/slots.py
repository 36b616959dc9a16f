"""Where runs may work at the same time: GPUs, or shares of the CPU."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch

from vamp_mm.config.errors import ConfigError
from vamp_mm.config.paths import import_root

_DEVICES = 'CUDA_VISIBLE_DEVICES'
_TORCHRUN = frozenset({'WORLD_SIZE', 'RANK', 'LOCAL_RANK', 'MASTER_ADDR', 'MASTER_PORT'})


def environments(slots: int | None = None) -> list[dict[str, str]]:
    """The environment of each slot's processes.

    Args:
        slots: Runs at the same time; by default one per visible GPU, one where there is none. More slots than GPUs
            share them in turn.

    Returns:
        One complete environment per slot. A process sees one GPU only; without GPUs the cores are shared out, unless
        ``OMP_NUM_THREADS`` is set.

    Raises:
        ConfigError: If there is to be no slot.
    """
    if slots is not None and slots < 1:
        raise ConfigError([f'slots={slots}: at least 1 run must be allowed at a time'], 'the call')
    gpus = _gpus()
    number = slots or max(len(gpus), 1)
    # each run is one process of its own, also where torchrun started this one
    shared = {key: value for key, value in os.environ.items() if key not in _TORCHRUN} | _paths(
        os.environ
    )
    if not gpus:
        shared.setdefault('OMP_NUM_THREADS', str(max((os.cpu_count() or 1) // number, 1)))
        shared.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
        return [dict(shared) for _ in range(number)]
    return [{**shared, _DEVICES: gpus[index % len(gpus)]} for index in range(number)]


def _gpus() -> list[str]:
    named = os.environ.get(_DEVICES)
    count = torch.cuda.device_count()
    if named:
        return [name.strip() for name in named.split(',')][:count]
    return [str(index) for index in range(count)]


def _paths(env: Mapping[str, str]) -> dict[str, str]:
    """The package must also be found where it is not installed."""
    root = str(import_root())
    return {'PYTHONPATH': os.pathsep.join(filter(None, [root, env.get('PYTHONPATH')]))}
