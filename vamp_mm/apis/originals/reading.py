"""Checkpoints as Dassl writes them: read without running code from the file.

Beside tensors such a file pickles the live scheduler of the run, and with it the optimizer. Three doors stand one behind
the other: the file must be a plain torch archive, its pickle may name nothing but tensors and exactly the classes below,
and it is read with ``weights_only=True``, where those classes are stand-ins that ignore what they are given.
"""

from __future__ import annotations

import pickle
import pickletools
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vamp_mm.engine import CheckpointError

#: What the pickle may name besides ``torch.<kind>Storage``.
_TENSORS = frozenset({
    'collections OrderedDict', 'torch._utils _rebuild_tensor_v2', 'torch._utils _rebuild_parameter',
    'torch.storage UntypedStorage', 'collections defaultdict', '__builtin__ dict', 'builtins dict'
})
#: Classes of live objects: they are not rebuilt, an empty stand-in takes their place.
_LIVE = (('torch.optim.lr_scheduler', 'CosineAnnealingLR'), ('torch.optim.sgd', 'SGD'), ('torch.optim.adam', 'Adam'),
         ('torch.optim.adamw', 'AdamW'))
_UNNAMED = frozenset({'STACK_GLOBAL', 'INST', 'OBJ', 'NEWOBJ_EX', 'EXT1', 'EXT2', 'EXT4'})


class _StandIn:
    """Takes the place of an object that nobody needs."""

    def __new__(cls, *_: object) -> _StandIn:
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Forget the state."""


def read_original(path: str | Path) -> tuple[dict[str, Tensor], int | None]:
    """Read a checkpoint of an original implementation.

    Args:
        path: ``model.pth.tar-<epoch>``.

    Returns:
        Name -> float32 or integer tensor on the CPU, and the epoch, None if the file tells none.

    Raises:
        FileNotFoundError: If there is no such file.
        CheckpointError: If the file is damaged, of another layout, or pickles anything but tensors and the known classes.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(_missing(path))
    _check_names(path)
    try:
        with _allowed():
            content = torch.load(path, map_location='cpu', weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f'{path} cannot be read: {first}. It may be truncated; copy it again') from error
    state = content.get('state_dict') if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError(f"{path} has no 'state_dict' of tensors: it is not in the layout of Dassl's save_checkpoint")
    epoch = content.get('epoch')
    tensors = {name.removeprefix('module.'): _plain(value) for name, value in state.items()}
    return tensors, epoch if isinstance(epoch, int) else None


def _plain(value: Tensor) -> Tensor:
    value = value.detach()
    return value.float() if value.is_floating_point() else value


def _check_names(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            pickles = [name for name in archive.namelist() if name.rsplit('/', 1)[-1] == 'data.pkl']
            if len(pickles) != 1 or any(name.endswith('constants.pkl') for name in archive.namelist()):
                raise CheckpointError(f'{path} is no checkpoint as torch writes them since version 1.6: it holds '
                                      f'{len(pickles)} data.pkl, or a TorchScript program')
            foreign = sorted(set(_foreign(archive.read(pickles[0]))))
            # torch reads tensors without looking at their checksums
            if not foreign and (changed := archive.testzip()) is not None:
                raise CheckpointError(f'{path} cannot be read: {changed} inside has other bytes than were written. It is '
                                      'damaged; copy it again')
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f'{path} cannot be read as a torch archive: {error}. It may be truncated, or of torch before '
                              '1.6; then open and save it with torch once') from error
    if foreign:
        raise CheckpointError(f'{path} is refused: it pickles {", ".join(foreign[:5])}, which no '
                              'checkpoint of the originals does, and rebuilding such objects can run any code. Nothing '
                              'of it was executed')


def _foreign(data: bytes) -> Iterator[str]:
    live = {' '.join(name) for name in _LIVE}
    for opcode, argument, _ in pickletools.genops(data):
        name = str(argument)
        storage = name.startswith('torch ') and name.endswith('Storage')
        if opcode.name in _UNNAMED:
            yield f'an object by {opcode.name}'
        elif opcode.name == 'GLOBAL' and not (name in _TENSORS or name in live or storage):
            yield name.replace(' ', '.')


@contextmanager
def _allowed() -> Iterator[None]:
    """Let ``torch.load`` meet the known classes; what was allowed before is allowed again afterwards."""
    stand_ins: list[Any] = [type(name, (_StandIn, ), {'__module__': module}) for module, name in _LIVE]
    before = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    torch.serialization.add_safe_globals([*stand_ins, defaultdict, dict])
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def _missing(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    known = sorted(str(item) for item in folder.rglob('model.pth.tar*')) if folder.is_dir() else []
    hint = f'; there are {", ".join(known[:5])}' if known else ''
    return f'{str(path)!r} is no file; give a checkpoint such as prompt_learner/model.pth.tar-50{hint}'
