"""Which files of a folder are tables of images or split files, and where their images are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from ..reading import read_json
from ..split_reading import read_split
from ..splits import PARTS
from .beside import is_submission
from .choice import Choice
from .class_file import CLASS_FILES
from .columns import PART_NAMES, Columns, NoTableError
from .layout import Layout
from .scan import files, subfolders
from .table_folder import chosen_folder, image_folder
from .table_rows import TABLE_SUFFIXES, read_rows

#: Folders below the data root where tables are looked for, besides the root itself.
TABLE_FOLDERS = ('meta', 'annotations', 'splits')


@dataclass(frozen=True)
class Unread:
    """Files that look like tables and were not read.

    Args:
        files: The files.
        reason: Why, beginning with the file; a :class:`NoTableError` if they are not meant to be tables of images.
    """

    files: tuple[Path, ...]
    reason: DataError

    @property
    def faulty(self) -> bool:
        """Whether they are meant to be tables, and something is wrong in them."""
        return not isinstance(self.reason, NoTableError)


def detect_tables(root: Path) -> tuple[list[Layout], list[Unread]]:
    """Read all tables and split files of a folder.

    A ``.txt`` or ``.json`` file that does not read as a table is taken for something else.

    Args:
        root: The folder; tables may lie in it or in one of :data:`TABLE_FOLDERS` below it.

    Returns:
        The layouts, and the files that are not tables.
    """
    layouts: list[Layout] = []
    unread: list[Unread] = []
    for name in ('', *(folder for folder in subfolders(root) if folder in TABLE_FOLDERS)):
        for group in _groups(root / name):
            without = _without_columns(group)
            unread += [Unread((file,), reason) for file, reason in without.items()]
            kept = [file for file in group if file not in without]
            try:
                if kept:
                    layouts.append(table_layout(root, kept))
            except DataError as error:
                weak = group[0].suffix.lower() in ('.txt', '.json')
                unread.append(Unread(tuple(kept), NoTableError(str(error)) if weak else error))
    return layouts, unread


def _without_columns(group: Sequence[Path]) -> dict[Path, NoTableError]:
    """The files that have no columns of paths and classes, such as a test.csv without classes, and why."""
    without = {}
    for file in group:
        if is_submission(file):
            without[file] = NoTableError(
                f'{file} is called a submission, whose classes are not the true ones'
            )
        elif len(group) > 1 and file.suffix.lower() in ('.csv', '.tsv', '.jsonl', '.ndjson'):
            try:
                read_rows(file, Columns())
            except NoTableError as error:
                without[file] = error
            except DataError:
                continue  # meant to be a table; what is wrong is said when it is read
    return without


def siblings(file: Path) -> list[Path]:
    """The tables that belong to one: all of its ending called as parts, if it is called so."""
    return next(group for group in _groups(file.parent, [file.suffix]) if file in group)


def _groups(folder: Path, suffixes: Sequence[str] = TABLE_SUFFIXES) -> list[list[Path]]:
    groups: dict[str, list[Path]] = {}
    for name in files(folder):
        file = folder / name
        if file.suffix.lower() in suffixes and name not in CLASS_FILES:
            part = file.stem.lower() in PART_NAMES
            groups.setdefault(f'*{file.suffix}' if part else name, []).append(file)
    return list(groups.values())


def named_layout(choice: Choice) -> Layout:
    """Read the table that a user names, and the tables of the other parts where they can be read.

    Args:
        choice: The file, and what was said about it.

    Returns:
        The layout.

    Raises:
        DataError: If the file itself is not a table of images, or none of its images is there.
    """
    file = choice.file
    group = siblings(file)

    def read(root: Path) -> Layout:
        kept = [other for other in group if other == file or _readable(root, other, choice)]
        return table_layout(root, kept, choice)

    try:
        return read(file.parent)
    except NoTableError:
        raise
    except DataError as error:  # the images may lie beside the folder of the tables
        try:
            return read(file.parent.parent)
        except DataError:
            raise error from None


def _readable(root: Path, file: Path, choice: Choice) -> bool:
    try:
        table_layout(root, [file], choice)
    except DataError:
        return False
    return True


def table_layout(root: Path, group: Sequence[Path], choice: Choice | None = None) -> Layout:
    """Read one table, one table for each part, or a split file.

    Args:
        root: Folder of the dataset.
        group: The file, or the files of the parts.
        choice: What a user said about columns and images.

    Returns:
        The layout.

    Raises:
        DataError: If the files are not tables of images, or none of the images is there.
    """
    choice = choice or Choice(group[0])
    columns = Columns(choice.path, choice.label, choice.part)
    if len(group) == 1 and group[0].suffix.lower() == '.json' and _is_split_file(group[0]):
        return _split_layout(root, group[0], choice)
    names = ', '.join(file.name for file in group)
    parts = [PART_NAMES.get(file.stem.lower()) for file in group]
    if len(set(parts)) < len(parts):
        raise DataError(f'{group[0].parent}: several of {names} could be the same part; keep one')
    folders = [
        chosen_folder(root, choice) if choice.images is not None else
        image_folder(root, [row.path for row in read_rows(file, columns)], str(file), part)
        for file, part in zip(group, parts, strict=True)
    ]  # fmt: skip
    relative = [file.relative_to(root).as_posix() for file in group]
    source: dict = dict(type='vamp_mm.AnnotationTable')
    if parts[0] is None:
        source.update(files=relative[0])
    else:
        source.update(files=dict(zip(parts, relative, strict=True)))
    if len(set(folders)) == 1:
        source.update(image_folder=folders[0])
    else:
        source.update(image_folder=dict(zip(parts, folders, strict=True)))
    names_file = _class_file(root, group[0].parent)
    if names_file is not None:
        source.update(class_file=names_file)
    own = dict(path_column=choice.path, class_column=choice.label, part_column=choice.part)
    source.update({key: value for key, value in own.items() if value is not None})
    return Layout(str(root), source, f'the table(s) {names}')


def _is_split_file(file: Path) -> bool:
    try:
        raw = read_json(file)
    except (DataError, FileNotFoundError):  # read_split says it better
        return True
    return isinstance(raw, dict) and any(part in raw for part in PARTS)


def _split_layout(root: Path, file: Path, choice: Choice) -> Layout:
    if (choice.path, choice.label, choice.part) != (None, None, None):
        raise DataError(
            f'{file} is a split file, which has no columns; only #images=FOLDER may be added'
        )
    split = read_split(file)
    paths = [item.path for part in PARTS for item in split.part(part)]
    if choice.images is not None:
        folder = chosen_folder(root, choice)
    else:
        folder = image_folder(root, paths, str(file), by_name=False)
    source = dict(
        type='vamp_mm.SplitFile', file=file.relative_to(root).as_posix(), image_folder=folder
    )
    return Layout(str(root), source, f'the split file {file.name}')


def _class_file(root: Path, folder: Path) -> str | None:
    for place in dict.fromkeys((folder, root)):
        found = [name for name in CLASS_FILES if (place / name).is_file()]
        if len(found) > 1:
            raise DataError(f'{place} has several files of class names, {found}; keep one')
        if found:
            return (place / found[0]).relative_to(root).as_posix()
    return None
