"""Files that are either complete or absent, whenever the process is killed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from mmengine.fileio import LocalBackend

#: Name under which :class:`AtomicLocalBackend` is registered in MMEngine.
ATOMIC_BACKEND = 'vamp_mm_atomic'

_SUFFIX = '.tmp'


def atomic_write(data: bytes, path: str | Path) -> None:
    """Write a file so that a reader sees the old content or all of the new one.

    The bytes go to a hidden temporary file in the same folder, reach the disk, and then take the
    final name.

    Args:
        data: Content of the file.
        path: Where it goes; missing folders are made.

    Raises:
        OSError: If the file cannot be written; the old file then still stands.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'.{path.name}.{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}')
    try:
        with open(temporary, 'xb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def remove_leftovers(folder: str | Path) -> None:
    """Delete the temporary checkpoint files that a killed run left in ``folder``."""
    for pattern in (f'.*.pth.*{_SUFFIX}', f'.last_checkpoint.*{_SUFFIX}'):
        for path in Path(folder).glob(pattern):
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # Makes the new name itself durable; Windows cannot open folders and does not need it.
    if os.name != 'posix':
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class AtomicLocalBackend(LocalBackend):
    """MMEngine's backend of the local disk with atomic writes."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes with :func:`atomic_write`."""
        atomic_write(obj, filepath)

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        """Write text with :func:`atomic_write`."""
        atomic_write(obj.encode(encoding), filepath)
