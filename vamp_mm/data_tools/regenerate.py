"""Lists of the benchmark from data that were recorded beside the split files."""

from __future__ import annotations

import random
from pathlib import Path

from vamp_mm.config.errors import ConfigError
from vamp_mm.datasets import CATALOG, Item, Split, make_split
from vamp_mm.datasets.sources.folders import caltech_counts, caltech_items
from vamp_mm.datasets.sources.recipes import PUBLISHED_SEED, complete
from vamp_mm.files import TextFileError, read_json

_CALTECH = 'caltech101_dir_order.json'


def regenerated(dataset: str, folder: Path) -> Split | None:
    """Regenerate the lists of a dataset.

    Args:
        dataset: Name of the dataset.
        folder: Folder with recorded data. Known: ``caltech101_dir_order.json``, the image numbers of Caltech101 in
            the directory order of the authors of its split.

    Returns:
        The lists; None if there is nothing to regenerate them from.

    Raises:
        ConfigError: If the recorded data are damaged.
    """
    file = folder / _CALTECH
    if dataset != 'caltech101' or not file.is_file():
        return None
    try:
        order = read_json(file)
    except TextFileError as error:
        raise ConfigError([str(error)], str(file)) from error
    counts = caltech_counts()
    if not isinstance(order, list) or sorted(map(str, order)) != sorted(
        map(str, range(1, max(counts.values()) + 1))
    ):
        raise ConfigError(
            [f'expected the numbers 1 to {max(counts.values())} in some order'], str(file)
        )
    lists = complete(dict(all=caltech_items(order, counts)), random.Random(PUBLISHED_SEED))
    name = CATALOG[dataset].class_name
    named = {
        part: [Item(path, label, name(folder)) for path, label, folder in items]
        for part, items in lists.items()
    }
    return make_split(named, str(file))
