"""Writing and reading checkpoint files without ever running code from one."""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from pathlib import Path
from typing import Any

import torch

from vamp_mm.version import __version__

from .atomic import atomic_write
from .plain import to_plain

#: Number of the layout of a checkpoint, stored as ``meta['format']``; raised when readers must
#: change.
CHECKPOINT_FORMAT = 1

#: What the pickle inside a torch file may name: tensors and dicts. All else is a class or function
#: that only
#: an executing unpickler could rebuild. torch writes these as the opcode GLOBAL, "module name".
_HARMLESS = frozenset(
    {
        'collections OrderedDict',
        'torch._utils _rebuild_tensor_v2',
        'torch._utils _rebuild_parameter',
        'torch.storage UntypedStorage',
    }
)
_FOREIGN_OPCODES = frozenset(
    {'STACK_GLOBAL', 'INST', 'OBJ', 'NEWOBJ', 'NEWOBJ_EX', 'EXT1', 'EXT2', 'EXT4'}
)
#: Configuration texts that MMEngine would execute (``Config.fromstring``) when it finds them in a
#: checkpoint.
_EXECUTED = ('config', 'cfg')


class CheckpointError(ValueError):
    """A file is no usable checkpoint: truncated, unsafe, or made for another model."""


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

    Three doors stand one behind the other: the file must be a plain torch archive (old formats and
    TorchScript take other roads inside ``torch.load``), its pickle may name nothing but tensors and
    dicts, and it is read with ``weights_only=True``. Configuration texts are dropped, since
    MMEngine executes them on resume.

    Args:
        path: A local file.
        map_location: Device of the tensors, as in ``torch.load``.

    Returns:
        The stored dict. Where it has a ``state_dict``, the key ``file`` names the path.

    Raises:
        FileNotFoundError: If there is no such file.
        CheckpointError: If the file is truncated, no checkpoint, of a newer format, or holds
            pickled objects.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(_missing(path))
    _check_archive(path)
    try:
        state = torch.load(path, map_location=map_location, weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, OSError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(_damaged(path, first)) from error
    if not isinstance(state, dict):
        raise CheckpointError(
            f'{path} holds a {type(state).__name__}, not the dict of a checkpoint'
        )
    _check_layout(state, path)
    _drop_configs(state)
    if 'state_dict' in state:
        state['file'] = str(path)
    return state


def _check_archive(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        raise CheckpointError(
            _damaged(path, 'not a complete archive as torch writes it since version 1.6')
        )
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            pickles = [name for name in names if name.rsplit('/', 1)[-1] == 'data.pkl']
            if any(name.rsplit('/', 1)[-1] == 'constants.pkl' for name in names):
                raise CheckpointError(
                    f'{path} is a TorchScript program, not a checkpoint; it is not opened'
                )
            if len(pickles) != 1:
                raise CheckpointError(
                    _damaged(path, f'{len(pickles)} data.pkl inside instead of one')
                )
            foreign = _foreign_names(archive.read(pickles[0]))
            # torch reads tensors without looking at their checksums
            if not foreign and (changed := archive.testzip()) is not None:
                raise CheckpointError(
                    _damaged(path, f'{changed} inside has other bytes than were written')
                )
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(_damaged(path, str(error))) from error
    if foreign:
        raise CheckpointError(
            f'{path} is refused: besides tensors it pickles {", ".join(foreign[:5])}, and rebuilding '
            'such objects can run any code. Nothing of it was executed. Checkpoints of vamp_mm hold '
            'tensors and plain data only. If you trust the file, load it yourself with '
            'torch.load(weights_only=False) '
            "and store its weights with vamp_mm.engine.save_checkpoint({'state_dict': ...}, path)"
        )


def _foreign_names(data: bytes) -> list[str]:
    """Names of pickled classes and functions other than tensors; the pickle is read, not run."""
    foreign = []
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in _FOREIGN_OPCODES:
            foreign.append(f'{opcode.name} {argument or ""}'.strip())
        elif opcode.name == 'GLOBAL' and not _harmless(str(argument)):
            foreign.append(str(argument).replace(' ', '.'))
    return sorted(set(foreign))


def _harmless(name: str) -> bool:
    module, _, attribute = name.partition(' ')
    return name in _HARMLESS or (module == 'torch' and attribute.endswith('Storage'))


def _check_layout(state: dict[str, Any], path: Path) -> None:
    for key in ('meta', 'state_dict', 'message_hub'):
        if not isinstance(state.get(key, {}), dict):
            raise CheckpointError(
                _damaged(path, f'its {key!r} is a {type(state[key]).__name__}, not a dict')
            )
    number = state.get('meta', {}).get('format', CHECKPOINT_FORMAT)
    if not isinstance(number, int) or number > CHECKPOINT_FORMAT:
        version = state['meta'].get('vamp_mm_version', 'unknown')
        raise CheckpointError(
            f'{path} has format {number!r} (written by vamp_mm {version}); this version '
            f'{__version__} reads formats up to {CHECKPOINT_FORMAT}: upgrade vamp_mm'
        )


def _drop_configs(state: dict[str, Any]) -> None:
    hub = state.get('message_hub', {})
    for holder in (state.get('meta'), hub.get('runtime_info')):
        if isinstance(holder, dict):
            for key in _EXECUTED:
                holder.pop(key, None)


def _missing(path: Path) -> str:
    beside = sorted(file.name for file in path.parent.glob('*.pth')) if path.parent.is_dir() else []
    hint = (
        f'that folder holds {", ".join(beside[:8])}'
        if beside
        else 'its folder holds no .pth file either'
    )
    return f'there is no checkpoint {path}; {hint}'


def _damaged(path: Path, reason: str) -> str:
    size = path.stat().st_size
    return (
        f'{path} ({size:,} bytes) cannot be read as a checkpoint: {reason}. It may be '
        'truncated or another kind of file; delete it and resume from an earlier one, or copy it again'
    )
