"""What a table says about images in folders: whether it names them, and whether their folders are their classes."""

from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from .grid import Grid, is_number
from .names import folded
from .scan import iter_images

#: Folders, and images in each, that are looked up in a table.
_FOLDERS, _IMAGES = 40, 10


class Sample(NamedTuple):
    """An image that is looked up: its folder, its path in it, and whether no other folder has one of that path."""

    folder: str
    path: str
    single: bool

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.rpartition('/')[2]

    @property
    def label(self) -> str:
        """Name of the folder, without those above it."""
        return self.folder.rpartition('/')[2]


@dataclass(frozen=True)
class Mention:
    """What a table says about some images.

    Args:
        found: How many of the images it names.
        of: How many images were looked up.
        column: Place of the image in its row, None if the table has no rows.
        contradicts: Whether it names the images and has classes for them that are not their folders.
        doubtful: Whether it names the images, and it is unclear what else it says about them.
        one_hot: Names of the columns that are one class each.
    """

    found: int = 0
    of: int = 0
    column: int | None = None
    contradicts: bool = False
    doubtful: bool = False
    one_hot: tuple[str, ...] = ()


def sample_images(root: Path, folders: Sequence[str]) -> list[Sample]:
    """A few images of each folder; folders evenly chosen if there are many."""
    chosen = folders[:: -(-len(folders) // _FOLDERS) or 1]
    return [
        Sample(folder, path, not any(osp.exists(f'{root}/{other}/{path}') for other in chosen if other != folder))
        for folder in chosen for path in islice(iter_images(root / folder), _IMAGES)
    ]  # fmt: skip


def name_key(name: str) -> str:
    """What is left of the name of an image that two spellings of it share.

    Case, ending and leading zeros are left out: ``SCAN_07.PNG`` and ``scan_07.dcm`` are equal, ``7`` and ``00007.jpg`` too.
    """
    name = name.strip().casefold()
    stem, dot, ending = name.rpartition('.')
    if dot and stem and len(ending) < 6 and ending.isalnum() and not ending.isdecimal():
        name = stem.removesuffix('.nii')
    return (name.lstrip('0') or '0') if name.isdecimal() else name


def look_up(grid: Grid, images: Sequence[Sample]) -> Mention:
    """Look for images in a table, and compare their folders with what it says.

    Args:
        grid: The table.
        images: The images.

    Returns:
        What it says.
    """
    best: tuple[tuple[int, int], int, dict[int, int]] = ((0, 0), -1, {})
    index: dict[str, list[int]] = {}
    for number, image in enumerate(images):
        index.setdefault(name_key(image.name), []).append(number)
    labels = {folded(image.label) for image in images}
    for place, cells in enumerate(grid.columns):
        rows, sure = _rows(cells, images, index, labels)
        best = max(best, ((sure, len(rows)), place, rows), key=lambda entry: entry[0])
    (sure, found), column, rows = best
    # numbers and other short names are in every table: all images or none
    if not found or (not sure and 10 * found < 8 * len(images)):
        return Mention(of=len(images))
    contradicts, doubtful = _compare(
        grid, column, [(images[number], row) for number, row in rows.items()]
    )
    return Mention(found, len(images), column, contradicts, doubtful, tuple(grid.one_hot(column)))


def _rows(
    cells: Sequence[str], images: Sequence[Sample], index: dict[str, list[int]], labels: set[str]
) -> tuple[dict[int, int], int]:
    """Image -> its row, by one column; and for how many of them the cell cannot be anything else."""
    rows: dict[int, int] = {}
    sure = 0
    for row, cell in enumerate(cells):
        if len(rows) == len(images):
            break
        above, slash, name = cell.replace('\\', '/').rpartition('/')
        hits = index.get(name_key(name))
        if not hits:
            continue
        parent = folded(above.rpartition('/')[2])
        for number in hits:
            image = images[number]
            where = {folded(image.label), folded(image.path.rpartition('/')[0].rpartition('/')[2])}
            fits = parent in where if slash and parent in labels else image.single
            if fits and number not in rows:
                rows[number] = row
                sure += bool(slash and parent in labels) or _is_sure(name.strip(), image.name)
    return rows, sure


def _is_sure(cell: str, name: str) -> bool:
    """Whether a cell names this image and no other: a long name, unlike ``12`` or ``12.jpg``."""
    stem = name.rpartition('.')[0]
    if stem.isdecimal():
        return len(stem) > 4 and cell in (stem, name)
    return len(stem) > 3 or cell.casefold() == name.casefold()


def _compare(grid: Grid, column: int, found: Sequence[tuple[Sample, int]]) -> tuple[bool, bool]:
    """Whether a table has other classes than the folders, and whether it may have."""
    places = [place for place in range(len(grid.columns)) if place != column]
    same = [place for place in places if _agrees(grid.columns[place], found, 0.95)]
    if any(grid.named_class(place) for place in same):
        return False, False
    if not same:
        like = any(grid.like_classes(place) for place in places)
        partly = any(_agrees(grid.columns[place], found, 0.5) for place in places)
        return like and not partly, True
    others = [
        place
        for place in places
        if place not in same
        and grid.like_classes(place)
        and not _follows(grid.columns[place], found)
    ]
    named = any(grid.named_class(place) for place in others)
    return named or (bool(others) and all(map(grid.named_place, same))), bool(others)


def _agrees(cells: Sequence[str], found: Sequence[tuple[Sample, int]], share: float) -> bool:
    """Whether a column holds the names of the folders, or one number for each of them."""
    pairs = [(image.label, cells[row].strip()) for image, row in found]
    equal = sum(folded(label) == folded(value) for label, value in pairs)
    if equal >= share * len(pairs):
        return True
    folders, values = {label for label, _ in pairs}, {value for _, value in pairs}
    numbered = all(is_number(value) for value in values) and len(pairs) >= 2 * len(folders) > 2
    return numbered and len(folders) == len(values) == len(set(pairs))


def _follows(cells: Sequence[str], found: Sequence[tuple[Sample, int]]) -> bool:
    """Whether all images of a folder have the same value."""
    pairs = {(image.label, cells[row].strip()) for image, row in found}
    return len(pairs) == len({label for label, _ in pairs})
