"""The folder that the paths of a table are relative to."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from vamp_mm.messages import some

from ..errors import DataError
from .choice import Choice
from .columns import PART_NAMES
from .image_paths import ImageFinder, find_image
from .scan import subfolders

#: Images of a table that are looked up to find their folder.
_PROBED = 40


def image_folder(
    root: Path, paths: Sequence[str], where: str, part: str | None = None, by_name: bool = True
) -> str:
    """Find the folder that the paths of a table are relative to.

    Args:
        root: Folder of the dataset; it, the folders in it and those in a folder of images called
            as the part are tried.
        paths: The paths.
        where: Name of the table, for messages.
        part: Part that the table stands for, if it does for one.
        by_name: Look for file names and ids anywhere below ``root`` where they are not paths.

    Returns:
        The folder with most of the images, relative to ``root``.

    Raises:
        DataError: If there are none of the images, or in two folders as many.
    """
    probed = paths[:: max(1, len(paths) // _PROBED)]
    candidates = ['', *subfolders(root)]
    if part is not None:
        own = [name for name, role in PART_NAMES.items() if role == part]
        candidates += [
            f'{top}/{name}' for top in subfolders(root) for name in subfolders(root / top)
            if name.lower() in own
        ]  # fmt: skip
    found = {
        name: sum(find_image(root / name, path) is not None for path in probed)
        for name in candidates
    }
    if by_name and max(found.values()) < len(probed):
        found = _found_by_name(root, probed, candidates) or found
    best = [name for name in candidates if found.get(name) == max(found.values())]
    if '' in best and all(os.path.isabs(path.strip()) for path in probed):
        best = ['']  # an absolute path is in the root wherever it is in a folder there
    best = [name for name in best if part in _parts_of(name)] or best
    if not found[best[0]]:
        raise DataError(
            f'{where}: none of its images (such as {some([repr(path) for path in probed[:3]])}) is '
            f'in {root} or in a folder there ({some(candidates[1:]) or "there is none"})'
        )
    if len(best) > 1:
        raise DataError(
            f'{where}: its images are in several folders of {root}, {some(best)}; name one, '
            f"'{where}#images={best[0]}', or write a config with source=dict(type='AnnotationTable', image_folder=...)"
        )
    return best[0]


def chosen_folder(root: Path, choice: Choice) -> str:
    """The folder of images that a user names.

    Args:
        root: Folder of the dataset.
        choice: What the user said, ``images`` among it.

    Returns:
        The folder, relative to ``root``.

    Raises:
        DataError: If there is no such folder.
    """
    assert choice.images is not None
    folder = choice.images.strip('/') if choice.images not in ('.', './') else ''
    if not (root / folder).is_dir():
        raise DataError(
            f'{choice.file}#images={choice.images}: {root / folder} is not a folder; allowed: {some(subfolders(root))}'
        )
    return folder


def _parts_of(folder: str) -> set[str]:
    """Parts that the name of a folder holds: ``train_images`` is for train."""
    return {PART_NAMES[word] for word in re.split('[^a-z]+', folder.lower()) if word in PART_NAMES}


def _found_by_name(root: Path, probed: Sequence[str], candidates: Sequence[str]) -> dict[str, int]:
    """Candidate folder -> images of a table in it or below; only the root where no single folder has all of them."""
    finder = ImageFinder(root)
    hits = [finder.find(written) for written in probed]
    everywhere = sum(map(bool, hits))
    found = {
        name: sum(any(path.startswith(f'{name}/') for path in paths) for paths in hits)
        for name in candidates if name
    }  # fmt: skip
    complete = {name: count for name, count in found.items() if count == everywhere}
    return complete or {'': everywhere} if everywhere else {}
