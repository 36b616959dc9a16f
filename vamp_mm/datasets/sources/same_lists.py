"""Whether a table says anything that class folders do not."""

from __future__ import annotations

import os.path as osp
from pathlib import Path

from ..errors import DataError
from ..splits import PARTS, Split
from .base import build_source
from .columns import Columns
from .layout import Layout
from .table_rows import read_rows


def same_lists(table: Layout, folders: Layout) -> bool:
    """Whether a table names the images of class folders, each with its folder as its class, and nothing else.

    Args:
        table: A table.
        folders: Class folders beside it.

    Returns:
        False if the table lists fewer or other images, other classes, or parts that are not those of the folders.
    """
    try:
        by_table, by_folders = _lists(table), _lists(folders)
    except (DataError, FileNotFoundError):
        return False
    if by_table == by_folders:
        return True
    files = table.source.get('files')
    if not isinstance(files, str) or set().union(*by_table.values()) != set().union(
        *by_folders.values()
    ):
        return False
    columns = Columns(*(table.source.get(f'{role}_column') for role in ('path', 'class', 'part')))
    return all(row.part is None for row in read_rows(Path(table.data_root) / files, columns))


def _lists(layout: Layout) -> dict[str, set[tuple[str, str]]]:
    source = build_source(layout.source)
    split: Split = source.read(layout.data_root)
    return {
        part: {(osp.normpath(osp.join(source.image_folder, item.path)), item.name) for item in split.part(part)}
        for part in PARTS
    }  # fmt: skip
