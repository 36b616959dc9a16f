"""Writing and reading checkpoint files without ever running code from one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from vamp_mm.files import atomic_write
from vamp_mm.messages import some
from vamp_mm.version import __version__
from vamp_mm.weight_files import (
    LEGACY,
    SAFETENSORS,
    TORCHSCRIPT,
    CheckpointError,
    kind_of,
    read_archive,
    read_weights,
    without_wrappers,
)

from .checkpoint_layout import CHECKPOINT_FORMAT, check_layout
from .plain import to_plain

__all__ = ['CHECKPOINT_FORMAT', 'CheckpointError', 'load_checkpoint', 'save_checkpoint', 'stamp']

#: Configuration texts that MMEngine would execute (``Config.fromstring``) when it finds them in a
#: checkpoint.
_EXECUTED = ('config', 'cfg')


def save_checkpoint(state: dict[str, Any], path: str | Path) -> None:
    """Write a checkpoint atomically, as plain data only.

    Args:
        state: What to store, for instance ``{'state_dict': model.state_dict()}``; converted by
            :func:`~vamp_mm.engine.plain.to_plain`. ``meta['format']`` and
            ``meta['vamp_mm_version']`` are added.
        path: Where it goes; missing folders are made.

    Raises:
        TypeError: If something cannot be stored; nothing is written then.
    """
    state = to_plain(state)
    stamp(state)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    atomic_write(buffer.getvalue(), path)


def stamp(state: dict[str, Any]) -> None:
    """Write the format number and the version of vamp_mm into ``state['meta']``, in place."""
    state.setdefault('meta', {}).update(format=CHECKPOINT_FORMAT, vamp_mm_version=__version__)


def load_checkpoint(path: str | Path, map_location: Any = 'cpu') -> dict[str, Any]:
    """Read a checkpoint; nothing in the file is ever executed.

    The file is read by :func:`vamp_mm.weight_files.read_archive`, which builds tensors and plain
    data only, none larger than the file. Configuration texts are dropped, since MMEngine executes
    them on resume. Names lose what ``DistributedDataParallel`` and ``torch.compile`` put before
    them. A safetensors file is a checkpoint with weights only.

    Args:
        path: A local file.
        map_location: Device of the tensors; anything but a device or its name means the CPU.

    Returns:
        The stored dict. Where it has a ``state_dict``, the key ``file`` names the path.

    Raises:
        FileNotFoundError: If there is no such file.
        CheckpointError: If the file is truncated, no checkpoint, of a newer format, or holds
            pickled objects.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(_missing(path))
    device = map_location if isinstance(map_location, (str, torch.device)) else 'cpu'
    state = _content(path, device)
    if not isinstance(state, dict):
        raise CheckpointError(
            f'{path} holds a {type(state).__name__}, not the dict of a checkpoint'
        )
    check_layout(state, path)
    _drop_configs(state)
    if 'state_dict' in state:
        state['state_dict'] = without_wrappers(state['state_dict'], path)
        state['file'] = str(path)
    elif state and all(isinstance(value, torch.Tensor) for value in state.values()):
        state = without_wrappers(state, path)  # bare weights
    return state


def _content(path: Path, device: torch.device | str) -> Any:
    kind = kind_of(path)
    if kind == SAFETENSORS:
        tensors = read_weights(path).tensors
        return {'state_dict': {name: value.to(device) for name, value in tensors.items()}}
    if kind == TORCHSCRIPT:
        raise CheckpointError(
            f'{path} is a TorchScript program, not a checkpoint; it is not opened'
        )
    if kind == LEGACY:
        raise CheckpointError(
            f'{path} is in the format of torch before 1.6, which no checkpoint of vamp_mm has; '
            'store it with a newer torch once if it is yours'
        )
    return read_archive(path, device=device).value


def _drop_configs(state: dict[str, Any]) -> None:
    hub = state.get('message_hub', {})
    for holder in (state.get('meta'), hub.get('runtime_info')):
        if isinstance(holder, dict):
            for key in _EXECUTED:
                holder.pop(key, None)


def _missing(path: Path) -> str:
    beside = sorted(file.name for file in path.parent.glob('*.pth')) if path.parent.is_dir() else []
    hint = (
        f'that folder holds {some(beside, most=8)}'
        if beside
        else 'its folder holds no .pth file either'
    )
    return f'there is no checkpoint {path}; {hint}'
