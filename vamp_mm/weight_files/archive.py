"""Read a file of ``torch.save``: plain data and tensors, each no larger than the file says it is."""

from __future__ import annotations

import math
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vamp_mm.messages import some

from .errors import CheckpointError
from .file_kinds import shown
from .unpickling import Ignored, SafeUnpickler, StandIn, TensorRecord, check_steps

#: Most bytes of ``data.pkl``, which holds names and numbers and no tensors.
MAX_PICKLE = 16 * 2**20
_MAX_DEPTH = 100
_DAMAGE = (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Args:
        value: Plain data with tensors; a :class:`StandIn` where an object was passed over.
        passed_over: Dotted names of the classes that stand-ins replaced.
    """

    value: Any
    passed_over: tuple[str, ...] = ()


def nothing_ignored(module: str, name: str) -> bool:
    """No class or function besides those of tensors is allowed in the file."""
    return False


def read_archive(
    path: Path, ignored: Ignored = nothing_ignored, device: torch.device | str = 'cpu'
) -> Content:
    """Read a torch archive; nothing in it is executed, imported, or believed about sizes.

    Args:
        path: A file that :func:`~vamp_mm.weight_files.file_kinds.kind_of` calls ``TORCH``.
        ignored: Which other classes the pickle may name; stand-ins replace them.
        device: Where the tensors go.

    Returns:
        The content, with dicts for all kinds of dicts.

    Raises:
        CheckpointError: If the file is damaged, claims more than it holds, or names anything else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            folder = _folder(archive, path)
            data = _pickle(archive, folder, path)
            unpickler = SafeUnpickler(data, ignored)
            tree = _unpickled(unpickler, data, path)
            if unpickler.foreign:
                raise _foreign(path, unpickler.foreign)
            value = _Tree(archive, folder, path, device).resolve(tree)
    except CheckpointError:
        raise
    except _DAMAGE as error:
        raise damaged(path, str(error)) from error
    return Content(value, tuple(unpickler.passed_over))


def damaged(path: Path, reason: str) -> CheckpointError:
    """The error of a file that cannot be read.

    Args:
        path: The file.
        reason: What was found.

    Returns:
        The error, to be raised.
    """
    reason = (reason.strip().splitlines() or ['unknown reason'])[0].rstrip('.')
    return CheckpointError(
        f'{shown(path)} cannot be read: {reason}. It may be truncated or another kind of '
        'file; copy or download it again, or take an earlier one'
    )


def check_sizes(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse an archive whose records claim more bytes than the file can hold, or that holds a name twice.

    Args:
        archive: The open archive.
        path: The file.

    Raises:
        CheckpointError: If it does.
    """
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise damaged(path, 'it holds two records of one name')
    size = path.stat().st_size
    stored = sum(info.file_size for info in infos if info.compress_type == zipfile.ZIP_STORED)
    packed = sum(info.file_size for info in infos if info.compress_type != zipfile.ZIP_STORED)
    if stored > size:
        raise CheckpointError(
            f'{shown(path)} claims records of {stored:,} bytes; the limit is the size of the file'
        )
    if packed > MAX_PICKLE:
        raise CheckpointError(
            f'{shown(path)} claims compressed records of {packed:,} bytes; the limit is {MAX_PICKLE:,}, '
            'for '
            'torch compresses code only'
        )


def _folder(archive: zipfile.ZipFile, path: Path) -> str:
    pickles = [name for name in archive.namelist() if name.rsplit('/', 1)[-1] == 'data.pkl']
    if len(set(pickles)) != 1:
        raise damaged(path, f'{len(pickles)} data.pkl inside instead of one')
    return pickles[0].removesuffix('data.pkl')


def _pickle(archive: zipfile.ZipFile, folder: str, path: Path) -> bytes:
    info = archive.getinfo(f'{folder}data.pkl')
    if info.file_size > MAX_PICKLE:
        raise CheckpointError(
            f'{shown(path)} has a data.pkl of {info.file_size:,} bytes; the limit is {MAX_PICKLE:,}, for '
            'it holds the names of the tensors only'
        )
    check_sizes(archive, path)
    if f'{folder}byteorder' in archive.namelist():
        order = (
            bytes(_record(archive, f'{folder}byteorder', path)).decode('ascii', 'replace').strip()
        )
        if order != sys.byteorder:
            raise CheckpointError(
                f'{path} was written with byte order {order!r}, and this machine has {sys.byteorder!r}: '
                'load it with torch there or here, and store it again'
            )
    return bytes(_record(archive, info.filename, path))


def _record(archive: zipfile.ZipFile, name: str, path: Path) -> bytearray:
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        raise damaged(path, f'{name} inside is compressed, which torch never does')
    data = bytearray(info.file_size)
    view, done = memoryview(data), 0
    try:
        with archive.open(info) as file:
            while chunk := file.read(2**24):
                view[done : done + len(chunk)] = chunk
                done += len(chunk)
    except zipfile.BadZipFile as error:
        raise damaged(path, f'{name} inside has other bytes than were written') from error
    if done != len(data):
        raise damaged(path, f'{name} inside is {done:,} bytes instead of {len(data):,}')
    return data


def _unpickled(unpickler: SafeUnpickler, data: bytes, path: Path) -> Any:
    try:
        check_steps(data)
        return unpickler.load()
    except Exception as error:  # a hostile pickle may raise anything
        if unpickler.foreign:
            raise _foreign(path, unpickler.foreign) from error
        raise damaged(path, str(error) or type(error).__name__) from error


def _foreign(path: Path, names: list[str]) -> CheckpointError:
    return CheckpointError(
        f'{path} is refused: besides tensors it pickles {some(names, most=5)}, and rebuilding such objects can run any '
        'code. '
        'Nothing of it was executed. If you trust the file, load it yourself with torch.load(weights_only=False) and '
        'store its '
        "weights with vamp_mm.engine.save_checkpoint({'state_dict': ...}, path)"
    )


class _Tree:
    """Turns what was unpickled into plain data with tensors."""

    def __init__(
        self, archive: zipfile.ZipFile, folder: str, path: Path, device: torch.device | str
    ) -> None:
        self._archive, self._folder, self._path, self._device = archive, folder, path, device
        self._storages: dict[str, Tensor] = {}
        self._done: dict[int, Any] = {}
        self._open: set[int] = set()

    def resolve(self, node: Any, depth: int = 0) -> Any:
        """The plain form of a node; what the pickle shares is shared in it too."""
        if node is None or isinstance(node, (bool, int, float, str, bytes)):
            return node
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open or depth > _MAX_DEPTH:
            raise damaged(
                self._path, f'its data refers to itself or is nested more than {_MAX_DEPTH} deep'
            )
        self._open.add(id(node))
        made = self._made(node, depth + 1)
        self._open.discard(id(node))
        self._done[id(node)] = made
        return made

    def _made(self, node: Any, depth: int) -> Any:
        if isinstance(node, TensorRecord):
            return self._tensor(node)
        if isinstance(node, dict):
            return {
                self.resolve(key, depth): self.resolve(value, depth) for key, value in node.items()
            }
        if isinstance(node, (list, tuple)):
            items = [self.resolve(item, depth) for item in node]
            return items if isinstance(node, list) else tuple(items)
        if isinstance(node, (StandIn, torch.dtype)):
            return node
        if isinstance(node, type) and issubclass(node, StandIn):
            return node()
        raise damaged(self._path, f'its data holds a {type(node).__name__}')

    def _tensor(self, record: TensorRecord) -> Tensor:
        raw = self._storage(record)
        width = record.dtype.itemsize
        count = raw.numel() // width
        last = record.offset + sum(
            (n - 1) * step for n, step in zip(record.size, record.stride, strict=True)
        )
        values = math.prod(record.size)
        if values and (last >= count or values > count):
            raise damaged(
                self._path,
                f'a tensor of size {record.size} reaches beyond the {count:,} values of its storage',
            )
        if not values:
            return torch.empty(record.size, dtype=record.dtype, device=self._device)
        flat = raw[: count * width].view(record.dtype)
        return flat.as_strided(record.size, record.stride, record.offset).to(self._device)

    def _storage(self, record: TensorRecord) -> Tensor:
        storage = record.storage
        name = f'{self._folder}data/{storage.key}'
        claimed = storage.count * (storage.dtype.itemsize if storage.dtype else 1)
        try:
            size = self._archive.getinfo(name).file_size
        except KeyError as error:
            raise damaged(self._path, f'{name} is missing inside') from error
        if claimed != size:
            raise damaged(
                self._path, f'{name} is said to hold {claimed:,} bytes and holds {size:,}'
            )
        if storage.key not in self._storages:
            data = _record(self._archive, name, self._path)
            self._storages[storage.key] = (
                torch.frombuffer(data, dtype=torch.uint8)
                if data
                else torch.empty(0, dtype=torch.uint8)
            )
        return self._storages[storage.key]
