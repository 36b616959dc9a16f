"""What a run was set to, so that it is not continued as another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: Parts of a config that decide the weights which a run ends with.
_DECIDING = (
    'model', 'train_dataloader', 'optim_wrapper', 'param_scheduler', 'train_cfg', 'randomness'
)
#: A run may be made longer, as is usual in MMEngine.
MAX_EPOCHS = 'train_cfg.max_epochs'
#: Keys that may differ: files may have moved, and the number of workers changes no result.
_FREE = frozenset(
    {
        'data_root', 'pretrained', 'cache_dir', 'num_workers', 'persistent_workers', 'pin_memory',
        'prefetch_factor',
    }
)  # fmt: skip


def run_settings(cfg: Mapping[str, Any] | None) -> dict[str, str]:
    """Flatten what decides the outcome of a training run.

    Args:
        cfg: The config of a Runner; None or empty where it was built without one.

    Returns:
        Dotted key -> the value as text.
    """
    flat: dict[str, str] = {}
    for key in _DECIDING:
        if cfg is not None and key in cfg:
            _flatten(cfg[key], key, flat)
    return flat


def changed_settings(stored: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """Name what differs between two runs.

    Args:
        stored: :func:`run_settings` of the interrupted run.
        current: Those of the run that wants to go on.

    Returns:
        One ``key: before -> now`` each; empty if a side knows nothing.
    """
    if not stored or not current:
        return []
    keys = sorted(stored.keys() | current.keys())
    return [
        f'{key}: {stored.get(key, "not set")} -> {current.get(key, "not set")}'
        for key in keys
        if stored.get(key) != current.get(key)
    ]


def _flatten(value: Any, where: str, flat: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _FREE:
                _flatten(inner, f'{where}.{key}', flat)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            _flatten(inner, f'{where}[{index}]', flat)
    else:
        flat[where] = repr(value)
