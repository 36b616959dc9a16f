"""One writer per folder: a lock that ends with its process, even if that is killed."""

from __future__ import annotations

import contextlib
import datetime
import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from mmengine.logging import print_log

from vamp_mm.config.errors import WorkDirError
from vamp_mm.files import WriteError

#: File in a work directory that the process of its training holds.
TRAINING_LOCK = '.training.lock'
_TICK = 0.2
#: Variables with the number of processes that a launcher started, and the option that joins them.
_LAUNCHED = (('SLURM_STEP_NUM_TASKS', 'slurm'), ('OMPI_COMM_WORLD_SIZE', 'mpi'))


class BusyError(WorkDirError):
    """Another process writes into the folder."""


@contextlib.contextmanager
def held(folder: str | Path, name: str = TRAINING_LOCK, patience: float = 0.0) -> Iterator[None]:
    """Hold a folder against other processes until the block, or this process, ends.

    The system releases the lock when the process ends, also when it is killed; processes that it
    forked do not keep it. The file is removed at the end, and one that a killed process left is
    taken over. On a file system without such locks a warning is logged.

    Args:
        folder: The folder; made if it is missing.
        name: File inside it that is locked.
        patience: Seconds to wait for another process to end.

    Yields:
        None: While the folder is held.

    Raises:
        BusyError: If another process holds it, which the message names, or another run of this one.
        NotADirectoryError: If the path is a file.
        WriteError: If the lock cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f'work_dir {str(folder)!r} is a file; give a folder')
    if os.name != 'posix':  # Windows has no such lock
        yield
        return
    made = not folder.exists()
    path = folder / name
    handle = _acquire(folder, path, patience)
    owner = [handle]
    os.register_at_fork(after_in_child=lambda: _let_go(owner))
    try:
        _sign(handle)
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        _let_go(owner)
        if made:
            with contextlib.suppress(OSError):  # it holds something, as it should
                folder.rmdir()


def _acquire(folder: Path, path: Path, patience: float) -> int:
    """Lock a file, and return its handle."""
    import fcntl

    deadline = time.monotonic() + patience
    while True:
        handle = _open(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            holder = _holder(handle)
            os.close(handle)
            if time.monotonic() > deadline:
                raise BusyError(_busy(folder, holder)) from None
            time.sleep(_TICK)
            continue
        except OSError as error:
            print_log(
                f'the file system of {folder} has no locks ({error.strerror}): start no second run in this folder '
                'while this one is running',
                'current',
                logging.WARNING,
            )
        if _same_file(handle, path):
            return handle
        os.close(handle)  # its holder removed it between our opening and locking


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WriteError.of(path, error) from error


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False


def _sign(handle: int) -> None:
    """Write who holds the lock; a full disk is reported where it matters."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(' ', timespec='seconds')
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, f'{_self()} since {now}\n'.encode(), 0)


def _self() -> str:
    return f'pid {os.getpid()} on {socket.gethostname()},'


def _holder(handle: int) -> str:
    with contextlib.suppress(OSError):
        return os.pread(handle, 200, 0).decode('utf-8', 'replace').strip()
    return ''


def _let_go(owner: list[int]) -> None:
    while owner:
        with contextlib.suppress(OSError):
            os.close(owner.pop())


def _busy(folder: Path, holder: str) -> str:
    who = f'another process ({holder})' if holder else 'another process'
    if holder.startswith(_self()):
        who = 'another run of this process'
    text = (
        f'{who} is writing into {str(folder)!r}: wait until it ends, or choose another --work-dir'
    )
    for variable, launcher in _LAUNCHED:
        count = os.environ.get(variable, '')
        if count.isdecimal() and int(count) > 1:
            text += (
                f'; {count} processes were started here: --launcher {launcher} makes them one run'
            )
    return text
