"""Which column of a table holds the path, the class, the part; one row of it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vamp_mm.messages import some

from ..errors import DataError

#: Names of columns, in any case, by what they hold. ``class`` may be words or whole numbers.
COLUMNS = {
    'path': (
        'path', 'file', 'filename', 'file_name', 'filepath', 'file_path', 'image', 'image_path',
        'img', 'img_path', 'image_file'),  # fmt: skip
    'class': (
        'class', 'class_name', 'classname', 'category', 'category_name', 'label', 'label_name',
        'gt_label', 'target'),  # fmt: skip
    'part': ('split', 'part', 'set', 'subset', 'partition'),
}  # fmt: skip
#: What the part column may hold, in any case, and what folders and files of a part may be called.
PART_NAMES = {
    'train': 'train', 'training': 'train', 'val': 'val', 'valid': 'val', 'validation': 'val',
    'dev': 'val', 'test': 'test', 'testing': 'test'}  # fmt: skip


#: Columns of a table; more than any table of images has.
MAX_COLUMNS = 10_000


class NoTableError(DataError):
    """A file without columns of paths and classes."""


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table; None looks for one of :data:`COLUMNS`.

    Args:
        path: Column of the image paths.
        label: Column of the classes.
        part: Column of the parts.
    """

    path: str | None = None
    label: str | None = None
    part: str | None = None

    def find(self, header: Sequence[str], where: str) -> dict[str, str]:
        """Find out which column holds what.

        Args:
            header: Names of all columns.
            where: Name of the file, for messages.

        Returns:
            ``path``, ``class`` and, where there is one, ``part`` -> name of the column.

        Raises:
            NoTableError: If a column is missing.
            DataError: If several columns could be meant, or there are more than 10,000.
        """
        if len(header) > MAX_COLUMNS:
            raise DataError(
                f'{where} has {len(header):,} columns; at most {MAX_COLUMNS:,} are read'
            )
        found = {}
        for role, wanted in (('path', self.path), ('class', self.label), ('part', self.part)):
            allowed = COLUMNS[role] if wanted is None else (wanted.lower(),)
            hits = [name for name in header if name.strip().lower() in allowed]
            if len(hits) > 1:
                option = f'--{role}-column {shlex.quote(hits[0])}'
                raise DataError(
                    f'{where}: the columns {hits} could all hold the {role}; name one: {option}, '
                    f"'{where}#{role}={hits[0]}', or in a config source=dict(type='AnnotationTable', {role}_column=...)"
                )
            if hits:
                found[role] = hits[0]
            elif role != 'part' or wanted is not None:
                names = some([repr(name[:60]) for name in header])
                raise NoTableError(
                    f'{where} has no column for the {role}. Columns found: [{names}]; allowed '
                    f'names (in any case): {", ".join(allowed)}; name the column with --{role}-column NAME'
                )
        return found


class Row(NamedTuple):
    """One image of a table: line number, path and class as written, and the part if it is said."""

    line: int
    path: str
    label: str
    part: str | None
