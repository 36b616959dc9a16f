"""Which images lie below a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import DataError
from ..image_files import is_image

#: Written by operating systems and archivers beside the files of the user, in lower case.
_DEBRIS = frozenset({
    '__macosx', '@eadir', '$recycle.bin', 'system volume information', 'lost+found', '__pycache__',
    'thumbs.db', 'ehthumbs.db', 'desktop.ini', 'icon\r'})  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """What lies below a folder.

    Args:
        images: Paths relative to the folder, with ``/``, sorted by code point.
        others: Files that are no images by their ending, or no regular files, likewise.
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
    """Images below a folder in no order, those directly in it first.

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
        deeper: list[str] = []
        with explained(root / below), os.scandir(root / below) as found:
            for entry in found:
                if is_hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    deeper.append(f'{below}{entry.name}/')
                elif is_image(entry.name) and is_listed(entry):
                    yield f'{below}{entry.name}'
        waiting += sorted(deeper)


def is_listed(entry: os.DirEntry) -> bool:
    """Whether an entry called like a file is one: a FIFO, socket or device is not.

    A link that points nowhere counts, so that it is found missing and not passed over.
    """
    try:
        return entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path))
    except OSError:  # a link to itself
        return True


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
        if _is_folder(entry):
            _walk(root, path, (*way, real), images, others)
        else:
            (images if is_image(entry.name) and is_listed(entry) else others).append(path)


def subfolders(folder: str | os.PathLike) -> tuple[str, ...]:
    """Names of the folders directly inside a folder, sorted, without hidden ones."""
    return tuple(entry.name for entry in _entries(Path(folder)) if _is_folder(entry))


def files(folder: str | os.PathLike) -> tuple[str, ...]:
    """Names of the files directly inside a folder, sorted, without hidden ones."""
    return tuple(entry.name for entry in _entries(Path(folder)) if _is_file(entry))


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_file(entry: os.DirEntry) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _entries(folder: Path) -> list[os.DirEntry]:
    with explained(folder), os.scandir(folder) as found:
        entries = [entry for entry in found if not is_hidden(entry.name)]
    return sorted(entries, key=lambda entry: entry.name)


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
