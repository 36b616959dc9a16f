"""Files that are either complete or absent, whenever the process is killed."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
from pathlib import Path

_SUFFIX = '.tmp'
#: Name of a temporary file: the final name, the process that writes it, and a random part.
_LEFTOVER = re.compile(r'\..+\.(\d+)-[0-9a-f]+\.tmp')
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
#: What the system reports where a write fails for want of room or of permission.
WRITE_ERRORS = frozenset({*_FULL, *_FORBIDDEN, errno.EIO, errno.ESTALE})


class WriteError(OSError):
    """A file could not be written; the message is one sentence for the user."""

    @classmethod
    def of(cls, path: str | Path, error: OSError) -> WriteError:
        """Explain an error of the system.

        Args:
            path: The file.
            error: What the system reported.

        Returns:
            The error to raise in its place.
        """
        return cls(error.errno, _why(Path(path), error), str(path))

    def __str__(self) -> str:
        return str(self.strerror)


def atomic_write(data: bytes, path: str | Path, durable: bool = True) -> None:
    """Write a file so that a reader sees the old content or all of the new one.

    The bytes go to a hidden temporary file in the same folder, reach the disk, and then take the
    final name.

    Args:
        data: Content of the file.
        path: Where it goes; missing folders are made.
        durable: Whether to wait until the disk has it; False for what may be lost in a power cut.

    Raises:
        WriteError: If the file cannot be written; the old file is then unchanged.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_and_rename(data, temporary_name(path), path, durable)
    except OSError as error:
        raise WriteError.of(path, error) from error


def temporary_name(path: Path) -> Path:
    """A hidden name beside ``path`` that :func:`remove_leftovers` knows."""
    return path.with_name(f'.{path.name}.{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}')


def is_leftover(name: str) -> bool:
    """Whether a file name is that of a temporary file of :func:`atomic_write`."""
    return _LEFTOVER.fullmatch(name) is not None


def _write_and_rename(data: bytes, temporary: Path, path: Path, durable: bool) -> None:
    try:
        with open(temporary, 'xb') as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def remove_leftovers(folder: str | Path) -> None:
    """Delete the temporary files that killed processes left in ``folder``.

    A file whose process is alive on this machine is kept: that process is writing it.
    """
    for path in Path(folder).glob(f'.*{_SUFFIX}'):
        match = _LEFTOVER.fullmatch(path.name)
        if match is not None and not _alive(int(match[1])):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    if os.name != 'posix' or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # the process of another user
        return True
    return True


def _why(path: Path, error: OSError) -> str:
    reason, advice = error.strerror or str(error), 'choose another place for it'
    if error.errno in _FULL:
        folder = next((parent for parent in path.absolute().parents if parent.is_dir()), Path('/'))
        with contextlib.suppress(OSError):
            reason += f', {shutil.disk_usage(folder).free / 2**20:,.0f} MiB free'
        advice = (
            'make room and start again (a training with --resume), or choose another --work-dir'
        )
    elif error.errno in _FORBIDDEN:
        advice = 'choose a --work-dir that you may write to, or change the permissions'
    return f"'{path}' could not be written ({reason}); no half-written file is left: {advice}"


def _sync_folder(folder: Path) -> None:
    # Makes the new name itself durable; Windows cannot open folders and does not need it.
    if os.name != 'posix':
        return
    # some network file systems cannot, and the file itself is safe
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
