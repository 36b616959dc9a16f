"""The lists that a protocol vector is compared with, and the file that they stand in."""

from __future__ import annotations

import re
from pathlib import Path

from vamp_mm.datasets import CATALOG, DataError, Split, read_split
from vamp_mm.datasets.sources.catalog_fields import CatalogRow
from vamp_mm.datasets.split_reading import read_lists

from .regenerate import regenerated

_JSON_NAME = re.compile(r'split_(?P<zhou>zhou_)?(?P<name>.+)\.json')


def lists_of(dataset: str, folder: Path) -> tuple[Split | str | None, str, str]:
    """Find the lists of a dataset.

    Args:
        dataset: Name of the dataset in the vector file.
        folder: Folder of split files, or of data to regenerate one.

    Returns:
        The lists, a sentence where a split file is unusable, or None where there is no file; where they come from;
        and what is odd about lists that can be compared all the same, empty if nothing is.
    """
    row = _row(dataset)
    file = _split_file(dataset, row, folder)
    if file is not None:
        try:
            split, note = _as_published(file)
        except ValueError as error:
            return str(error), file.name, ''
        return split, file.name, note
    made = regenerated(row.name if row else dataset, folder)
    if made is not None:
        return made, 'regenerated from recorded data', ''
    wanted = row.split_file if row else f'split_zhou_{dataset}.json'
    return None, f'no {wanted}' if wanted else 'has no split file', ''


def _as_published(file: Path) -> tuple[Split, str]:
    """The lists of a split file, and why a dataset would refuse them.

    The published rule reads sizes, fingerprints and subsets off lists that no dataset could be made of: a class may
    lack test images, two labels may share a name. Labels with gaps have no base and novel half.
    """
    try:
        return read_split(file), ''
    except DataError as error:
        lists = read_lists(file)
        names = {item.label: item.name for items in lists.values() for item in items}
        if not names or set(names) != set(range(len(names))):
            raise
        classes = tuple(names[label] for label in range(len(names)))
        return Split(classes, lists['train'], lists['val'], lists['test']), str(error)


def _row(dataset: str) -> CatalogRow | None:
    names = {
        key: row for name, row in CATALOG.items() for key in (_plain(row.folder), _plain(name))
    }
    return names.get(_plain(dataset))


def _split_file(dataset: str, row: CatalogRow | None, folder: Path) -> Path | None:
    """The catalog's own file, or else one that is called as the dataset is."""
    if row is not None and row.split_file and (folder / row.split_file).is_file():
        return folder / row.split_file
    names = {_plain(dataset)} | ({_plain(row.name), _plain(row.folder)} if row else set())
    found = {}
    for file in sorted(folder.glob('split_*.json')):
        match = _JSON_NAME.fullmatch(file.name)
        if match and _plain(match['name']) in names:
            found[not match['zhou'], file.name] = file
    return found[min(found)] if found else None


def _plain(name: str) -> str:
    return re.sub('[^a-z0-9]', '', name.lower())
