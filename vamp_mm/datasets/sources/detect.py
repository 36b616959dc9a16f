"""How to read a folder, a table or a split file that a user points at."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError
from .columns import NoTableError
from .detect_folders import detect_folders, testing_only
from .detect_tables import TABLE_FOLDERS, detect_tables, siblings, table_layout
from .layout import Layout
from .table_rows import TABLE_SUFFIXES

ALLOWED = (
    'Allowed are (a) class folders: PATH/train/<class>/* and PATH/test/<class>/*, maybe with '
    'PATH/val/<class>/*; or PATH/<class>/*, which is divided. (b) A folder of images and a table: one '
    'file (.csv, .tsv, .jsonl, .txt) with a path and a class in each row, maybe with a column that '
    'says train, val or test; or one such file for each part, called train.*, val.*, test.*. (c) A '
    'split file: JSON with the keys train, val and test'
)


def detect(path: str | Path, testing: bool = False) -> Layout:
    """Find out how to read a folder of images, a table or a split file.

    Args:
        path: A folder, or the table or split file itself.
        testing: Class folders without parts are all for testing, instead of being divided.

    Returns:
        The one way to read it.

    Raises:
        FileNotFoundError: If there is nothing at ``path``.
        DataError: If nothing there can be read as one of the layouts, or several things can.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f'{path.absolute()} does not exist')
    if path.is_file():
        return _file_layout(path)
    layouts, reasons = detect_tables(path)
    faulty = [reason for reason in reasons if not isinstance(reason, NoTableError)]
    try:
        layouts.append(testing_only(path) if testing else detect_folders(path))
    except DataError as error:
        reasons.append(error)
    if len(layouts) == 1 and not faulty:
        return layouts[0]
    if faulty:
        others = f' (besides, there are {", ".join(item.what for item in layouts)})' if layouts else ''
        raise DataError('\n  - '.join([f'{path} holds a faulty table{others}:', *map(str, faulty)]))
    if layouts:
        found = '; '.join(f'({index}) {layout.what}' for index, layout in enumerate(layouts, 1))
        raise DataError(
            f'{path} can be read in {len(layouts)} ways: {found}. Give the path of the table to use '
            'it, or move what is not meant out of the folder'
        )
    raise DataError('\n  - '.join([f'{path} cannot be read:', *map(str, reasons), ALLOWED]))


def _file_layout(file: Path) -> Layout:
    if file.suffix.lower() not in TABLE_SUFFIXES:
        raise DataError(
            f'{file} is neither a table nor a split file by its ending; allowed: '
            f'{", ".join(TABLE_SUFFIXES)}. {ALLOWED}'
        )
    group = siblings(file)
    try:
        return table_layout(file.parent, group)
    except DataError:
        if file.parent.name not in TABLE_FOLDERS:
            raise
        return table_layout(file.parent.parent, group)
