"""From the paths of a table to files on disk."""

from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePath

from vamp_mm.messages import some

from ..errors import DataError
from ..near_names import spelt_otherwise
from .scan import list_files

#: Missing images whose likely spelling is looked for.
_LOOKED_UP = 50


class ImageFinder:
    """Finds the images that a table names below a folder.

    A path counts first (:func:`find_image`). What is not the path of a file is looked for by its name
    among all images below the folder: ``x1.jpg`` may lie in any folder there, ``x1`` is the image
    ``x1.jpg``, ``x1.png``, ... wherever it lies. The folder is listed once, when it is needed.

    Args:
        folder: The image folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def images(self) -> tuple[str, ...]:
        """All images below the folder, sorted."""
        return list_files(self.folder).images

    def find(self, written: str) -> tuple[str, ...]:
        """The images that a table may mean; more than one is for the user to tell apart.

        Args:
            written: A path, a file name or a file name without its ending.

        Returns:
            Paths relative to the folder.
        """
        direct = find_image(self.folder, written)
        if direct is not None:
            return (direct,)
        return tuple(self._names.get(written.strip().replace('\\', '/'), ()))

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for path in self.images:
            stem = osp.splitext(path)[0]
            for name in {stem, osp.basename(stem), osp.basename(path)}:
                names.setdefault(name, []).append(path)
        return names


def unclear_error(
    folder: Path, unclear: Sequence[tuple[str, Sequence[str]]], where: str
) -> DataError:
    """Say which names stand for several images.

    Args:
        folder: Where they were looked for.
        unclear: Name as written, and the images that it may mean.
        where: Name of the table.

    Returns:
        The error: ten names with their images, and the next step.
    """
    shown = [f'{name!r} is {some(paths, " and ", 3)}' for name, paths in unclear]
    return DataError(
        f'{where}: {len(unclear)} name(s) stand for several images under {folder.absolute()}: '
        f'{some(shown, "; ")}. Write paths with folder and ending into the table, or name the folder of '
        "the images (--dataset 'TABLE#images=FOLDER', or image_folder in a config)"
    )


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
    spelt = spelt_otherwise(
        [str(folder / path.replace('\\', '/')) for path in missing[:_LOOKED_UP]]
    )
    return DataError(
        f'{where}: {len(missing)} of {count} images are missing under {folder.absolute()}: '
        f'{some([repr(path) for path in missing])}. {spelt}Paths are relative to the image folder; '
        'correct the table, or add the files'
    )
