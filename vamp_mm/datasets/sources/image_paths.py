"""From the paths of a table to files on disk."""

from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from pathlib import Path, PurePath

from ..errors import DataError, some
from ..near_names import spelt_otherwise

#: Missing images whose likely spelling is looked for.
_LOOKED_UP = 50


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


def missing_error(folder: Path, missing: Sequence[str], count: int, where: str) -> DataError:
    """Say which images are missing, and which files may have been meant.

    Args:
        folder: Where they were looked for.
        missing: Their paths as written.
        count: Number of all images of the table.
        where: Name of the table.

    Returns:
        The error: ten paths and a count, and the next step.
    """
    spelt = spelt_otherwise([str(folder / path.replace('\\', '/')) for path in missing[:_LOOKED_UP]])
    return DataError(
        f'{where}: {len(missing)} of {count} images are missing under {folder.absolute()}: '
        f'{some([repr(path) for path in missing])}. {spelt}Paths are relative to the image folder; '
        'correct the table, or add the files'
    )
