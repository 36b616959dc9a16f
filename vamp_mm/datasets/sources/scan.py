"""Which images lie below a folder."""

from __future__ import annotations

import os
from collections import Counter
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
        others: Files that are no images by their ending, likewise.
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
    for _, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        if any(is_image(name) and not is_hidden(name) for name in names):
            return True
    return False


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
        if entry.is_dir():
            _walk(root, path, (*way, real), images, others)
        else:
            (images if is_image(entry.name) else others).append(path)


def subfolders(folder: str | os.PathLike) -> tuple[str, ...]:
    """Names of the folders directly inside a folder, sorted, without hidden ones."""
    return tuple(entry.name for entry in _entries(Path(folder)) if entry.is_dir())


def files(folder: str | os.PathLike) -> tuple[str, ...]:
    """Names of the files directly inside a folder, sorted, without hidden ones."""
    return tuple(entry.name for entry in _entries(Path(folder)) if entry.is_file())


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not is_hidden(entry.name)]
    except OSError as error:
        raise DataError(f'cannot read the folder {folder}: {error.strerror or error}') from error
    return sorted(entries, key=lambda entry: entry.name)


def endings(names: tuple[str, ...]) -> str:
    """Count files by their ending, as ``.txt 2, .db 1``."""
    counts = Counter(PurePosixPath(name).suffix.lower() or '(no ending)' for name in names)
    return ', '.join(f'{ending} {count}' for ending, count in counts.most_common())
