"""What a user adds to a path to say how it is to be read: ``labels.csv#path=image_id,class=dx``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError

_KEYS = ('path', 'class', 'part', 'images', 'level')
_PAIR = re.compile(rf'(?:^|,)\s*({"|".join(_KEYS)})=')


@dataclass(frozen=True)
class Choice:
    """A path, and how it is to be read where that does not show by itself.

    Args:
        file: The folder, table or split file.
        path: Column of the image paths or ids.
        label: Column of the classes.
        part: Column of the parts.
        images: Folder of the images, relative to that of the table.
        level: How many levels below the folder (or below train and test) the class folders lie.
    """

    file: Path
    path: str | None = None
    label: str | None = None
    part: str | None = None
    images: str | None = None
    level: int | None = None


def read_choice(written: str | Path) -> Choice:
    """Take apart ``FILE#path=COLUMN,class=COLUMN,part=COLUMN,images=FOLDER`` or ``FOLDER#level=NUMBER``.

    Args:
        written: What a user wrote; what exists under this whole name is that, whatever is in the name.

    Returns:
        The path and what was added to it.

    Raises:
        DataError: If something else was added.
    """
    path = Path(written).expanduser()
    before, mark, added = str(path).rpartition('#')
    if path.exists() or not mark or not Path(before).exists():
        return Choice(path)
    keys = [match.group(1) for match in _PAIR.finditer(added)]
    values = [value.strip() for value in _PAIR.split(added)[2::2]]
    found = dict(zip(keys, values, strict=True))
    wrong = not _PAIR.match(added) or len(found) < len(keys) or not all(values)
    level = found.get('level')
    if wrong or (level is not None and not re.fullmatch('[1-9]', level)):
        raise DataError(
            f'{str(written)!r}: {added!r} is not understood; allowed after # are path=COLUMN, class=COLUMN, part=COLUMN and '
            'images=FOLDER for a table, or level=NUMBER (from 1) for class folders, with commas between them'
        )
    file = Path(before)
    if (level is not None) != file.is_dir():
        own = (
            'level=NUMBER'
            if file.is_dir()
            else 'path=COLUMN,class=COLUMN,part=COLUMN,images=FOLDER'
        )
        raise DataError(
            f'{str(written)!r}: {file} is a {"folder" if file.is_dir() else "file"}, after which only {own} '
            'may be added'
            + ('; give the table itself to name its columns' if file.is_dir() else '')
        )
    return Choice(
        file,
        found.get('path'),
        found.get('class'),
        found.get('part'),
        found.get('images'),
        int(level) if level is not None else None,
    )


def is_there(written: str | Path) -> bool:
    """Whether a word is the path of something, with or without what :func:`read_choice` allows after it."""
    path = Path(written).expanduser()
    before, mark, _ = str(path).rpartition('#')
    return path.exists() or bool(mark and before and Path(before).exists())
