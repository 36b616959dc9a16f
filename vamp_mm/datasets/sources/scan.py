"""Which images lie below a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..errors import DataError
from ..image_files import is_image
from ..read_once import once

#: Written by operating systems and archivers beside the files of the user, in lower case.
_DEBRIS = frozenset({
    '__macosx', '@eadir', '$recycle.bin', 'system volume information', 'lost+found', '__pycache__',
    'thumbs.db', 'ehthumbs.db', 'desktop.ini', 'icon\r'})  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """What lies below a folder.

    Args:
        images: Paths relative to the folder, with ``/``, sorted by code point.
        others: Files that are not images by their ending, or not regular files, likewise.
    """

    images: tuple[str, ...]
    others: tuple[str, ...]


def is_hidden(name: str) -> bool:
    """Whether a file or folder is none of the user's data: a leading dot, or left by a system."""
    return name.startswith('.') or name.lower() in _DEBRIS


def list_files(folder: str | os.PathLike) -> Listing:
    """List a folder and all below it; hidden files and folders are passed over.

    Links to folders are followed, each real folder at most once on a way down.

    Args:
        folder: The folder.

    Returns:
        Its images and other files.

    Raises:
        DataError: If the folder, or one below it, cannot be read, or is a link to a folder that
            holds the whole.
    """
    root = Path(folder)
    images: list[str] = []
    others: list[str] = []
    _walk(root, '', (), images, others)
    return Listing(tuple(sorted(images)), tuple(sorted(others)))


def has_images(folder: str | os.PathLike) -> bool:
    """Whether there is an image anywhere below a folder; it stops at the first one."""
    return next(iter_images(folder), None) is not None


def iter_images(folder: str | os.PathLike) -> Iterator[str]:
    """Images below a folder, those directly in it first.

    Links to folders are not followed below it.

    Args:
        folder: The folder.

    Yields:
        str: Path relative to the folder, with ``/``.

    Raises:
        DataError: If a folder cannot be read.
    """
    root, waiting = Path(folder), ['']
    while waiting:
        below = waiting.pop(0)
        for entry in _entries(root / below):
            if entry.is_folder:
                if not entry.is_link:
                    waiting.append(f'{below}{entry.name}/')
            elif entry.counts and is_image(entry.name):
                yield f'{below}{entry.name}'


def _walk(
    root: Path, below: str, way: tuple[str, ...], images: list[str], others: list[str]
) -> None:
    folder = root / below
    real = os.path.realpath(folder)
    if real in way:  # a link to a folder that holds it
        return
    if way and way[0].startswith(real.rstrip(os.sep) + os.sep):
        raise DataError(
            f'{folder} is a link to {real}, which holds {root} itself and other folders beside it: '
            'all their images would count as its own. Remove the link'
        )
    for entry in _entries(folder):
        path = f'{below}/{entry.name}' if below else entry.name
        if entry.is_folder:
            _walk(root, path, (*way, real), images, others)
        else:
            (images if entry.counts and is_image(entry.name) else others).append(path)


def subfolders(folder: str | os.PathLike) -> tuple[str, ...]:
    """Names of the folders directly inside a folder, sorted, without hidden ones."""
    return tuple(entry.name for entry in _entries(Path(folder)) if entry.is_folder)


def files(folder: str | os.PathLike) -> tuple[str, ...]:
    """Names of the files directly inside a folder, sorted, without hidden ones."""
    return tuple(entry.name for entry in _entries(Path(folder)) if entry.is_file)


class _Entry(NamedTuple):
    """What is directly inside a folder: ``counts`` as an image if it is called like one."""

    name: str
    is_folder: bool
    is_file: bool
    is_link: bool
    counts: bool


def _entries(folder: Path) -> tuple[_Entry, ...]:
    return once('entries', folder, None, lambda: _scanned(folder))


def _scanned(folder: Path) -> tuple[_Entry, ...]:
    with explained(folder), os.scandir(folder) as found:
        entries = [_entry(entry) for entry in found if not is_hidden(entry.name)]
    return tuple(sorted(entries))


def _entry(entry: os.DirEntry) -> _Entry:
    try:
        folder, file, link = entry.is_dir(), entry.is_file(), entry.is_symlink()
    except OSError:  # a link to itself
        return _Entry(entry.name, False, False, True, True)
    # a link that points nowhere counts, so that it is found missing and not passed over; a FIFO or device does not
    counts = file or (not folder and link and not os.path.exists(entry.path))
    return _Entry(entry.name, folder, file, link, counts)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn the error of a folder that cannot be listed into a DataError."""
    try:
        yield
    except OSError as error:
        raise DataError(f'cannot read the folder {folder}: {error.strerror or error}') from error


def endings(names: tuple[str, ...]) -> str:
    """Count files by their ending, as ``.txt 2, .db 1``."""
    counts = Counter(PurePosixPath(name).suffix.lower() or '(no ending)' for name in names)
    return ', '.join(f'{ending} {count}' for ending, count in counts.most_common())
