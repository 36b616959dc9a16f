"""Lists from a table: a folder of images and CSV, JSON lines or ``path label`` text."""

from __future__ import annotations

import os.path as osp
from collections.abc import Mapping, Sequence
from pathlib import Path

from vamp_mm.arguments import Seed
from vamp_mm.messages import some
from vamp_mm.registry import TASK_UTILS

from ..errors import DataError
from ..read_once import once
from ..splits import PARTS, Item, Split, make_split
from .base import DEFAULT_TEMPLATE, OWN_HINT, SplitSource
from .beside import left_unread
from .class_file import read_class_names
from .columns import Columns, Row
from .divide import divide
from .image_paths import ImageFinder, missing_error, unclear_error
from .parts import VAL_IS_TEST, arrange, check_same_classes
from .table_classes import class_of, label_order
from .table_rows import read_rows

#: Part and path of a row, both as written.
_Key = tuple[str | None, str]


@TASK_UTILS.register_module()
class AnnotationTable(SplitSource):
    """Images and their classes as rows of one file, or of one file for each part.

    :func:`~vamp_mm.datasets.sources.table_rows.read_rows` says what a file may look like. Classes
    are words, and then labels follow their sorted order; or whole numbers from 0, and then
    ``class_file`` gives the names. With words and a ``class_file`` labels follow its lines.

    The part is given by a column, or by the file. Where nothing gives it, every class is divided
    50/20/30 (:func:`~vamp_mm.datasets.sources.divide.divide`, its paths sorted). Where there are
    train and val but no test, val is the test list, as on ImageNet.

    Args:
        files: The table, relative to the data root; or part (train, val, test) -> table.
        image_folder: Folder that the paths are relative to, relative to the data root; or part ->
            folder, with one table for each part.
        class_file: File with the class names in label order, relative to the data root.
        split_seed: Seed of the division, if one is made.
        path_column: Name of the column of the paths, if it is none of the usual ones. It may hold
            file names or ids too (:class:`~vamp_mm.datasets.sources.image_paths.ImageFinder`).
        class_column: Name of the column of the classes.
        part_column: Name of the column of the parts.
        templates: Sentences with one ``{}`` for the class name.

    Raises:
        ValueError: If ``files`` names an unknown part, or ``image_folder`` others than ``files``.
    """

    hint = OWN_HINT

    def __init__(
        self,
        files: str | Mapping[str, str],
        image_folder: str | Mapping[str, str] = '',
        class_file: str | None = None,
        split_seed: Seed = 1,
        path_column: str | None = None,
        class_column: str | None = None,
        part_column: str | None = None,
        templates: str | Sequence[str] = DEFAULT_TEMPLATE,
    ) -> None:
        if not isinstance(files, str) and not (files and set(files) <= set(PARTS)):
            raise ValueError(f'files={files!r} must be a file, or a dict with keys of {PARTS}')
        if not isinstance(image_folder, str) and (
            isinstance(files, str) or set(image_folder) != set(files)
        ):
            raise ValueError(f'image_folder={image_folder!r} must have the keys of files={files!r}')
        self.files, self.class_file = files, class_file
        self._folders = image_folder
        self.image_folder = image_folder if isinstance(image_folder, str) else ''
        self.split_seed = split_seed
        self.columns = Columns(path_column, class_column, part_column)
        self.templates = (templates,) if isinstance(templates, str) else tuple(templates)

    def read(self, data_root: str) -> Split:
        """Read the table; see :meth:`SplitSource.read`."""
        return self._read(data_root)[0]

    def notes(self, data_root: str) -> tuple[str, ...]:
        """What was made or left out; see :meth:`SplitSource.notes`."""
        root = Path(data_root).expanduser()
        used = [self.files] if isinstance(self.files, str) else list(self.files.values())
        known = [root / name for name in (*used, self.class_file or '')]
        return (*self._read(data_root)[1], *left_unread(root, known, ', '.join(used)))

    def _read(self, data_root: str) -> tuple[Split, list[str]]:
        return once('table', data_root, repr(vars(self)), lambda: self._read_now(data_root))

    def _read_now(self, data_root: str) -> tuple[Split, list[str]]:
        root = Path(self.require(osp.expanduser(data_root), 'data root'))
        where = f'{root}: {self.files if isinstance(self.files, str) else dict(self.files)}'
        rows = self._rows(root)
        everything = [row for found in rows.values() for row in found]
        finders = {self.image_folder: ImageFinder(root / self.image_folder)}
        paths = self._paths(root, everything, where, finders)
        names = self._names(root, everything, where)
        notes: list[str] = []
        unlisted = len(finders[self.image_folder].images) - len(set(paths.values()))
        if unlisted > 0:
            notes.append(f'{unlisted} image(s) in the image folder are in no table')
        labels = {name: label for label, name in enumerate(names)}
        parts = {
            part: [
                Item(paths[row.part, row.path], labels[name], name)
                for row in found for name in [class_of(row, labels, names)]
            ]
            for part, found in rows.items()
        }  # fmt: skip
        return self._split(parts, names, where, notes), notes

    def _split(
        self,
        parts: Mapping[str | None, Sequence[Item]],
        names: Sequence[str],
        where: str,
        notes: list[str],
    ) -> Split:
        serves = None if None in parts else arrange([part for part in parts if part], where)
        if serves is not None:
            if serves.get('test') == 'val':
                notes.append(VAL_IS_TEST)
            lists = {part: parts[own] for part, own in serves.items()}
            check_same_classes(lists, names, where)
            required = tuple(part for part in ('train', 'test') if part in lists)
            return make_split(lists, where, required=required)
        notes.append(
            'the table does not say which images are for testing, so every class was divided '
            f'50/20/30 into train, val and test with the seed {self.split_seed}'
        )
        classes: dict[str, list[str]] = {name: [] for name in names}
        for item in (item for items in parts.values() for item in items):
            classes[item.name].append(item.path)
        return make_split(
            divide(
                {name: sorted(found) for name, found in classes.items()}, self.split_seed, where
            ),
            where,
        )

    def _rows(self, root: Path) -> dict[str | None, list[Row]]:
        """Part (None: not said) -> its rows."""
        rows: dict[str | None, list[Row]] = {}
        if isinstance(self.files, str):
            file = Path(self.require(osp.join(root, self.files), 'table'))
            for row in read_rows(file, self.columns):
                rows.setdefault(row.part, []).append(row)
            return rows
        for part, name in self.files.items():
            file = Path(self.require(osp.join(root, name), 'table'))
            found = read_rows(file, self.columns)
            other = [row for row in found if row.part not in (None, part)]
            if other:
                raise DataError(
                    f'{file} is the table for {part}, but line {other[0].line} says '
                    f'{other[0].part!r} in its own column; give one table with that column, or '
                    'tables without it'
                )
            rows[part] = [row._replace(part=part) for row in found]
        return rows

    def _paths(
        self, root: Path, rows: Sequence[Row], where: str, finders: dict[str, ImageFinder]
    ) -> dict[_Key, str]:
        """Part and path as written -> path relative to the image folder."""
        paths: dict[_Key, str] = {}
        for part in dict.fromkeys(row.part for row in rows):
            inside = self._folders if isinstance(self._folders, str) else self._folders[str(part)]
            prefix = '' if isinstance(self._folders, str) or not inside else f'{inside}/'
            finder = finders.setdefault(inside, ImageFinder(root / inside))
            found = {row.path: finder.find(row.path) for row in rows if row.part == part}
            missing = [path for path, there in found.items() if not there]
            if missing:
                raise missing_error(finder.folder, missing, len(found), where)
            unclear = [(path, there) for path, there in found.items() if len(there) > 1]
            if unclear:
                raise unclear_error(finder.folder, unclear, where)
            paths |= {(part, path): f'{prefix}{there[0]}' for path, there in found.items()}
        _check_twice(rows, paths, where)
        return paths

    def _names(self, root: Path, rows: Sequence[Row], where: str) -> tuple[str, ...]:
        """Class names in label order."""
        listed: tuple[str, ...] | None = None
        if self.class_file is not None:
            listed = read_class_names(Path(self.require(osp.join(root, self.class_file), 'file')))
        return label_order(rows, listed, self.class_file, where)


def _check_twice(rows: Sequence[Row], paths: Mapping[_Key, str], where: str) -> None:
    """Refuse images that are listed twice; in two parts that is a leak."""
    first: dict[str, Row] = {}
    twice: list[str] = []
    leaks: list[str] = []
    for row in rows:
        path = paths[row.part, row.path]
        before = first.setdefault(path, row)
        if before is not row:
            leak = before.part != row.part
            (leaks if leak else twice).append(
                f'{path!r} (lines {before.line} and {row.line}'
                + (f', in {before.part} and in {row.part})' if leak else ')')
            )
    for found, what in (
        (leaks, 'in two parts: that leaks one into the other'), (twice, 'twice')):  # fmt: skip
        if found:
            raise DataError(
                f'{where}: {len(found)} image(s) are listed {what}: {some(found)}. Every image may '
                'be listed once'
            )
