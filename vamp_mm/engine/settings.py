"""What a run was set to, so that it is not continued as another one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vamp_mm.messages import some

from .checkpoint import CheckpointError

#: Parts of a config that decide the weights which a run ends with.
_DECIDING = (
    'model',
    'train_dataloader',
    'optim_wrapper',
    'param_scheduler',
    'train_cfg',
    'randomness',
)
#: A run may be made longer, as is usual in MMEngine.
MAX_EPOCHS = 'train_cfg.max_epochs'
#: Schedules that are stored with the length of the run -> arguments, each of which gives them one of their own.
_OF_RUN_LENGTH = {'WarmupCosineLR': ('max_epochs', 'end'), 'StagedCosineLR': ('end',)}
#: Key under which the frozen weights are compared.
FROZEN = 'frozen weights'
_BATCH = 'train_dataloader.batch_size'
#: Numbers of each frozen tensor that its fingerprint looks at.
_PROBES = 64
#: Key under which the published weights are compared that a config names, alone or before a file.
_ORIGIN = 'origin of the weights'
#: Keys that may differ: files may have moved, and the number of workers changes no result.
_FREE = frozenset(
    {
        'data_root', 'pretrained', 'cache_dir', 'num_workers', 'persistent_workers', 'pin_memory',
        'prefetch_factor',
    }
)  # fmt: skip


def run_settings(
    cfg: Mapping[str, Any] | None, model: nn.Module | None = None, processes: int = 1
) -> dict[str, str]:
    """Flatten what decides the outcome of a training run.

    Args:
        cfg: The config of a Runner; None or empty where it was built without one.
        model: The model, for a fingerprint of its frozen weights: their file may have moved, but
            they must be the same.
        processes: Number of processes; what counts is the global batch.

    Returns:
        Dotted key -> the value as text.
    """
    flat: dict[str, str] = {}
    for key in _DECIDING:
        if cfg is not None and key in cfg:
            _flatten(cfg[key], key, flat)
    if flat.get(_BATCH, '').isdecimal():
        flat['images per step (batch_size x processes)'] = str(int(flat.pop(_BATCH)) * processes)
    if flat and model is not None:
        flat[FROZEN] = frozen_fingerprint(model)
    return flat


def frozen_fingerprint(model: nn.Module) -> str:
    """Tell the weights that checkpoints leave out from others, by a sample of their numbers.

    Args:
        model: The model.

    Returns:
        16 hexadecimal digits.
    """
    kept = model.state_dict()
    digest = hashlib.sha256()
    for name, weight in model.named_parameters():
        if name not in kept:
            flat = weight.detach().reshape(-1)
            probes = flat[:: max(1, len(flat) // _PROBES)]
            digest.update(f'{name} {tuple(weight.shape)}'.encode())
            digest.update(probes.float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def frozen_weights_note(model: nn.Module, stored: Mapping[str, str], source: str) -> str | None:
    """Compare the frozen weights of a model with those that a checkpoint was trained on.

    Args:
        model: The model, not wrapped for distributed training.
        stored: :func:`run_settings` of the run that wrote the checkpoint.
        source: The checkpoint, for the message.

    Returns:
        A warning where they are others; None where they are the same, or unknown.
    """
    now = frozen_fingerprint(model)
    if stored.get(FROZEN, now) == now:
        return None
    return (
        f'{source} was trained on other frozen weights than these (model.backbone.pretrained): '
        'its prompts are not made for them'
    )


def weights_fingerprint(model: nn.Module) -> str:
    """Digest of all weights that checkpoints hold, to the last bit.

    Args:
        model: The model, not wrapped for distributed training.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        if isinstance(value, Tensor):
            digest.update(f'{value.dtype} {tuple(value.shape)}'.encode())
            raw = value.detach().cpu().contiguous().reshape(-1)
            digest.update(raw.view(torch.uint8).numpy().tobytes())
        else:  # extra state of a module
            digest.update(repr(value).encode())
    return digest.hexdigest()


def changed_settings(stored: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """Name what differs between two runs.

    Args:
        stored: :func:`run_settings` of the interrupted run.
        current: Those of the run that is to resume.

    Returns:
        One ``key: before -> now`` each; empty if a side knows nothing.
    """
    if not stored or not current:
        return []
    keys = sorted(stored.keys() | current.keys())
    return [
        f'{key}: {stored.get(key, "not set")} -> {current.get(key, "not set")}'
        for key in keys
        if stored.get(key) != current.get(key) and not _unnamed_origin(key, stored, current)
    ]


def check_settings(
    stored: Mapping[str, str], current: Mapping[str, str], source: str
) -> str | None:
    """Refuse to continue one run as another.

    Args:
        stored: :func:`run_settings` of the interrupted run.
        current: Those of the run that is to resume.
        source: Its checkpoint, for the message.

    Returns:
        A warning where the run was made longer or shorter.

    Raises:
        CheckpointError: If anything else differs, or a schedule was made for the length of the interrupted run.
    """
    changed = changed_settings(stored, current)
    longer = [line for line in changed if line.startswith(MAX_EPOCHS)]
    if len(changed) > len(longer):
        raise CheckpointError(
            f'{source} is of a run with other settings (before -> now): {some(changed, "; ")}. '
            'Resuming continues the very same run: set them back, or start a new run in another '
            'work directory (load_from takes only the weights of this one)'
        )
    if not longer:
        return None
    if schedule := _follows_length(current):
        raise CheckpointError(
            f'{source} cannot be resumed with {longer[0]} (before -> now), as the learning rate of {schedule} follows from '
            f'it: set {MAX_EPOCHS}={stored.get(MAX_EPOCHS)}, or start a new run in another work directory '
            '(load_from takes only the weights of this one)'
        )
    return (
        f'{longer[0]}: schedules keep the length that they were stored with, and the rate stays where they end, so the '
        'result is not that of one uninterrupted run'
    )


def _follows_length(settings: Mapping[str, str]) -> str | None:
    """The schedule that takes its length from the run's and cannot be continued with another; None if there is none."""
    for key, kind in settings.items():
        name = kind.strip('\'"').rsplit('.', 1)[-1]
        if key.startswith('param_scheduler') and key.endswith('.type') and name in _OF_RUN_LENGTH:
            place = key.removesuffix('type')
            if all(settings.get(place + own, 'None') == 'None' for own in _OF_RUN_LENGTH[name]):
                return name
    return None


def _unnamed_origin(key: str, stored: Mapping[str, str], current: Mapping[str, str]) -> bool:
    """Whether one of two runs does not name where its weights are from: a moved file may."""
    return key.endswith(f'({_ORIGIN})') and not (key in stored and key in current)


def _flatten(value: Any, where: str, flat: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _FREE:
                _flatten(inner, f'{where}.{key}', flat)
            elif key == 'pretrained' and isinstance(inner, str):
                tag = inner.partition('@')[0]
                # a file without one says nothing of its origin
                if tag and not set(tag) & set('/\\.'):
                    flat[f'{where}.{key} ({_ORIGIN})'] = repr(tag)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            _flatten(inner, f'{where}[{index}]', flat)
    else:
        flat[where] = repr(value)
