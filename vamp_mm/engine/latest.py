"""Which checkpoint a killed run goes on from."""

from __future__ import annotations

import logging
import re
import zipfile
from pathlib import Path

from mmengine.logging import print_log

#: File in the work directory that names the last complete checkpoint, as MMEngine writes it.
POINTER = 'last_checkpoint'

_NAME = re.compile(r'(epoch|iter)_(\d+)\.pth')


def find_latest_checkpoint(work_dir: str | Path) -> str | None:
    """Find the newest complete checkpoint of a run.

    The file ``last_checkpoint`` is a hint only: it may be missing, empty, older than the newest
    checkpoint (killed between the two writes) or name a place from which the directory was moved
    away.

    Args:
        work_dir: Work directory of the run.

    Returns:
        Absolute path of the checkpoint, or None if there is no complete one.
    """
    work_dir = Path(work_dir).absolute()
    pointed = _pointed(work_dir)
    folder = pointed.parent if pointed else work_dir
    candidates = {path for path in folder.glob('*.pth') if _NAME.fullmatch(path.name)}
    if pointed is not None and pointed not in candidates and is_complete(pointed):
        return str(pointed)  # a name of the user's own, which tells no order
    if pointed in candidates:
        candidates = {path for path in candidates if _step(path)[0] == _step(pointed)[0]}
    for path in sorted(candidates, key=_step, reverse=True):
        if is_complete(path):
            return str(path)
        print_log(f'{path} is incomplete and is passed over', 'current', logging.WARNING)
    return None


def is_complete(path: str | Path) -> bool:
    """Whether a file was written to its end, where a torch archive has its table of contents."""
    return Path(path).is_file() and zipfile.is_zipfile(path)


def _pointed(work_dir: Path) -> Path | None:
    pointer = work_dir / POINTER
    text = pointer.read_text(encoding='utf-8').strip() if pointer.is_file() else ''
    if not text:
        return None
    for path in (Path(text), work_dir / Path(text).name):  # the second: the directory was moved
        if path.is_file():
            return path.absolute()
    return None


def _step(path: Path) -> tuple[bool, int]:
    kind, number = _NAME.fullmatch(path.name).groups()
    return kind == 'epoch', int(number)
