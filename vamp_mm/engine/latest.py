"""Which checkpoint a killed run is resumed from."""

from __future__ import annotations

import logging
import os
import re
import zipfile
from pathlib import Path

from mmengine.logging import print_log

#: File in the work directory that names the last complete checkpoint, as MMEngine writes it.
POINTER = 'last_checkpoint'

_NAME = re.compile(r'(epoch|iter)_(\d+)\.pth')
_LONGEST = 4096  # bytes of a pointer that are read: the longest path of a Linux system


def find_latest_checkpoint(work_dir: str | Path, out_dir: str | Path | None = None) -> str | None:
    """Find the newest complete checkpoint of a run in the run's own folder.

    The file ``last_checkpoint`` is a hint only: it may be missing, empty, damaged, older than the
    newest checkpoint (killed between the two writes) or name a file that was deleted. Only the last
    part of the path in it counts: a work directory that was copied or moved holds its own files,
    and the folder that it came from belongs to another run.

    Args:
        work_dir: Work directory of the run.
        out_dir: Folder of the run's checkpoints, if it is not the work directory (see
            :func:`checkpoint_folder`).

    Returns:
        Absolute path of the checkpoint, or None if there is no complete one.
    """
    work_dir = Path(os.path.abspath(work_dir))
    folder = work_dir if out_dir is None else Path(os.path.abspath(out_dir))
    text = read_pointer(work_dir)
    pointed = folder / re.split(r'[\\/]', text)[-1] if text else None
    candidates = _numbered(folder)
    if pointed is not None and pointed not in candidates and is_complete(pointed):
        return str(pointed)  # a name of the user's own, without an order
    if pointed in candidates:
        candidates = {path for path in candidates if _step(path)[0] == _step(pointed)[0]}
    for path in sorted(candidates, key=_step, reverse=True):
        if is_complete(path):
            return str(path)
        print_log(f'{path} is incomplete and is passed over', 'current', logging.WARNING)
    return None


def checkpoint_folder(work_dir: str | Path, out_dir: str | Path | None) -> Path:
    """Where a ``CheckpointHook`` with this ``out_dir`` writes: MMEngine adds the run's name.

    Args:
        work_dir: Work directory of the run.
        out_dir: Argument of the hook.

    Returns:
        The folder, absolute.
    """
    # abspath, as a Runner takes its folder: a `..` behind a symbolic link is another folder for the system
    work_dir = Path(os.path.abspath(work_dir))
    if out_dir is None or same_folder(out_dir, work_dir):
        return work_dir
    return Path(os.path.abspath(out_dir)) / work_dir.name


def same_folder(first: str | Path, second: str | Path) -> bool:
    """Whether two paths name one folder, however they are written: ``..``, symbolic links, slashes, letter case.

    Args:
        first: A path; it need not exist.
        second: Another one.

    Returns:
        True also for two names of one folder that the file system keeps apart in no way.
    """
    paths = [os.path.abspath(path) for path in (first, second)]
    if os.path.realpath(paths[0]) == os.path.realpath(paths[1]):
        return True
    try:
        return os.path.samefile(*paths)
    except OSError:  # one of them is not there
        return False


def read_pointer(work_dir: str | Path) -> str:
    """Read ``last_checkpoint``; an empty text if there is none or it cannot be read."""
    try:
        with open(Path(work_dir) / POINTER, 'rb') as file:
            text = file.read(_LONGEST).decode('utf-8', 'replace')
    except OSError:
        return ''
    return text.strip('\0 \t\r\n')


def is_complete(path: str | Path) -> bool:
    """Whether a file was written to its end, where a torch archive has its table of contents."""
    try:
        return Path(path).is_file() and zipfile.is_zipfile(path)
    except (OSError, ValueError):  # a pointer may hold anything, such as a name that is too long
        return False


def _numbered(folder: Path) -> set[Path]:
    return {path for path in folder.glob('*.pth') if _NAME.fullmatch(path.name)}


def _step(path: Path) -> tuple[bool, int]:
    match = _NAME.fullmatch(path.name)
    assert match is not None
    return match[1] == 'epoch', int(match[2])
