"""From the paths of a table to files on disk."""

from __future__ import annotations

import os.path as osp
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath, PurePosixPath

from ..errors import DataError, some

_NEAR = 200_000


def find_image(folder: Path, written: str) -> str | None:
    """The path of an image relative to its folder, as the file system has it.

    Tried in this order: as written, without the blanks around it, with the backslashes of Windows
    as slashes. An absolute path counts if it lies in the folder.

    Args:
        folder: The image folder.
        written: The path as a table has it.

    Returns:
        The relative path with ``/``, or None if there is no such file in the folder.
    """
    for path in dict.fromkeys((written, written.strip(), written.strip().replace('\\', '/'))):
        inside = _inside(folder, path)
        if inside is not None and (folder / inside).is_file():
            return inside
    return None


def _inside(folder: Path, path: str) -> str | None:
    if osp.isabs(path):
        for base in (folder.absolute(), folder.resolve()):
            if PurePath(path).is_relative_to(base):
                path = PurePath(path).relative_to(base).as_posix()
                break
        else:
            return None
    inside = osp.normpath(path).replace('\\', '/') if osp.sep == '\\' else osp.normpath(path)
    return None if inside in ('', '.', '..') or inside.startswith('../') else inside


def missing_error(
    folder: Path, missing: Sequence[str], count: int, where: str, known: Iterable[str]
) -> DataError:
    """Say which images are missing, and which files may have been meant.

    Args:
        folder: Where they were looked for.
        missing: Their paths as written.
        count: Number of all images of the table.
        where: Name of the table.
        known: Paths of the images in the folder.

    Returns:
        The error: ten paths and a count, and the next step.
    """
    near = _differing(missing[:_NEAR], known)
    meant = [f'{path!r} is there as {near[path]!r}' for path in missing if path in near]
    hint = (
        f' {len(meant)} of them differ from a file only in case or Unicode form: {some(meant)}.'
        if meant else ''
    )  # fmt: skip
    return DataError(
        f'{where}: {len(missing)} of {count} images are missing under {folder.absolute()}: '
        f'{some([repr(path) for path in missing])}.{hint} Paths are relative to the image folder; '
        'correct the table, or add the files'
    )


def _differing(missing: Sequence[str], known: Iterable[str]) -> dict[str, str]:
    folded = {_fold(path): path for path in known}
    pairs = {path: folded.get(_fold(path)) for path in missing}
    return {path: there for path, there in pairs.items() if there is not None}


def _fold(path: str) -> str:
    plain = PurePosixPath(path.strip().replace('\\', '/')).as_posix()
    return unicodedata.normalize('NFKC', plain).casefold()
