"""Checkpoints as Dassl writes them: read without running code from the file.

Beside tensors such a file pickles the live scheduler of the run, and with it the optimizer. Nothing else is allowed in it,
and of those objects nothing is rebuilt.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from vamp_mm.messages import some
from vamp_mm.weight_files import TORCH, CheckpointError, kind_of, read_archive, without_wrappers

#: Classes that Dassl pickles beside the tensors.
_LIVE = frozenset(
    {
        ('torch.optim.lr_scheduler', 'CosineAnnealingLR'),
        ('torch.optim.sgd', 'SGD'),
        ('torch.optim.adam', 'Adam'),
        ('torch.optim.adamw', 'AdamW'),
        ('collections', 'defaultdict'),
        ('builtins', 'dict'),
    }
)
_KINDS = frozenset(
    {
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
    }
)


def read_original(path: str | Path) -> tuple[dict[str, Tensor], int | None]:
    """Read a checkpoint of an original implementation.

    Args:
        path: ``model.pth.tar-<epoch>``.

    Returns:
        Name -> float32 or integer tensor on the CPU, and the epoch, None if the file has none.

    Raises:
        FileNotFoundError: If there is no such file.
        CheckpointError: If the file is damaged, of another layout, or holds anything but tensors and the known classes.
    """
    path = Path(path).expanduser()
    if not path.exists() or path.is_dir():
        raise FileNotFoundError(_missing(path))
    kind = kind_of(path)
    if kind != TORCH:
        raise CheckpointError(
            f'{path} is a {kind} file, and Dassl writes archives of torch.save: it is not a checkpoint as '
            'torch '
            'writes them since version 1.6; nothing of it was read'
        )
    content = read_archive(path, lambda module, name: (module, name) in _LIVE).value
    state = content.get('state_dict') if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(
        isinstance(value, Tensor) for value in state.values()
    ):
        raise CheckpointError(
            f"{path} has no 'state_dict' of tensors: it is not in the layout of Dassl's save_checkpoint"
        )
    strange = [
        f'{name} ({str(value.dtype).removeprefix("torch.")})'
        for name, value in state.items()
        if value.dtype not in _KINDS
    ]
    if strange:
        raise CheckpointError(
            f'{path} holds {some(strange, most=5)} of types that CLIP weights do not have; they are not converted'
        )
    epoch = content.get('epoch')
    tensors = {name: _plain(value) for name, value in without_wrappers(state, path).items()}
    return tensors, epoch if type(epoch) is int else None


def _plain(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def _missing(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    known = sorted(str(item) for item in folder.rglob('model.pth.tar*')) if folder.is_dir() else []
    hint = f'; there are {some(known, most=5)}' if known else ''
    return f'{str(path)!r} is not a file; give a checkpoint such as prompt_learner/model.pth.tar-50{hint}'
