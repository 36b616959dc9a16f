"""Read the weights in a file of any kind that people keep them in."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vamp_mm.messages import some

from .archive import check_sizes, damaged, read_archive
from .errors import CheckpointError
from .file_kinds import LEGACY, SAFETENSORS, TORCHSCRIPT, kind_of
from .layouts import find_state_dict
from .safetensors_file import read_safetensors

#: Packages whose objects stand beside the weights in files of training programs: settings, counters, logs.
_BESIDE = frozenset({
    'argparse', 'pathlib', 'collections', 'datetime', 'enum', 'types', 'numpy', 'omegaconf', 'easydict', 'addict', 'yacs',
    'mmengine', 'torch', 'torchmetrics', 'pytorch_lightning', 'lightning', 'lightning_fabric', 'lightning_utilities',
    'transformers', 'accelerate', 'open_clip', 'dassl', '_codecs'
})  # fmt: skip
#: Built-in types, which a pickle names where it holds one.
_PLAIN_TYPES = frozenset(
    {
        'dict',
        'list',
        'tuple',
        'set',
        'frozenset',
        'int',
        'float',
        'str',
        'bool',
        'complex',
        'object',
        'bytes',
        'bytearray',
        'slice',
        'range',
    }
)


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights in a file.

    Args:
        tensors: Name -> tensor on the CPU, under the names of the file.
        torchscript: Whether the file is a TorchScript archive.
        notes: What was passed over, in sentences.
    """

    tensors: dict[str, Tensor]
    torchscript: bool = False
    notes: tuple[str, ...] = ()


def read_weights(path: str | Path) -> Weights:
    """Read a weight file: torch archive, TorchScript archive or safetensors, told apart by content.

    No Python in the file is executed. Objects of training programs beside the weights (an ``argparse.Namespace``, a
    scheduler) are passed over; anything else is refused.

    Args:
        path: A local file.

    Returns:
        The weights.

    Raises:
        FileNotFoundError: If there is nothing at this path.
        CheckpointError: If the file is of another kind, damaged, unsafe, or holds no weights; one sentence says what it is.
    """
    path = Path(path).expanduser()
    kind = kind_of(path)
    notes: list[str] = []
    if kind == SAFETENSORS:
        tensors = read_safetensors(path)
    elif kind == TORCHSCRIPT:
        tensors = _torchscript(path)
    elif kind == LEGACY:
        raise CheckpointError(
            f'{path} is in the format of torch before 1.6; store it in the new one: '
            "torch.save(torch.load('old.pt', map_location='cpu', weights_only=True), 'new.pt')"
        )
    else:
        content = read_archive(path, _stands_beside)
        tensors, note = find_state_dict(content.value, path)
        notes = [note] if note else []
        if content.passed_over:
            notes.append(
                f'{path}: objects beside the weights are not read ({some(content.passed_over, most=5)})'
            )
    if not tensors:
        raise CheckpointError(f'{path} holds no tensors')
    return Weights(tensors, kind == TORCHSCRIPT, tuple(notes))


def _stands_beside(module: str, name: str) -> bool:
    if module == 'builtins':
        return name in _PLAIN_TYPES
    return module.partition('.')[0] in _BESIDE


def _torchscript(path: Path) -> dict[str, Tensor]:
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive, path)
            if (changed := archive.testzip()) is not None:
                raise damaged(path, f'{changed} inside has other bytes than were written')
        return dict(torch.jit.load(str(path), map_location='cpu').state_dict())
    except CheckpointError:
        raise
    except Exception as error:  # torch raises bare RuntimeErrors of many lines
        raise damaged(path, f'a TorchScript archive, {error}') from error
