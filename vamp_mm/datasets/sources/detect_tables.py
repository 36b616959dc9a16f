"""Which files of a folder are tables of images or split files, and where their images are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError, some
from ..reading import read_json
from ..splits import PARTS, read_split
from .class_file import CLASS_FILES
from .columns import PART_NAMES, Columns, NoTableError
from .image_paths import find_image
from .layout import Layout
from .scan import files, subfolders
from .table_rows import TABLE_SUFFIXES, read_rows

#: Folders below the data root where tables are looked for, besides the root itself.
TABLE_FOLDERS = ('meta', 'annotations', 'splits')
#: Images of a table that are looked up to find their folder.
_PROBED = 40


def detect_tables(root: Path) -> tuple[list[Layout], list[DataError]]:
    """Read all tables and split files of a folder.

    A ``.txt`` or ``.json`` file that does not read as a table is taken for something else.

    Args:
        root: The folder; tables may lie in it or in one of :data:`TABLE_FOLDERS` below it.

    Returns:
        The layouts, and for each file that is no table the reason: a :class:`NoTableError` if it
        is not meant to be one, else what is wrong with it.
    """
    layouts: list[Layout] = []
    reasons: list[DataError] = []
    for name in ('', *(folder for folder in subfolders(root) if folder in TABLE_FOLDERS)):
        for group in _groups(root / name):
            try:
                layouts.append(table_layout(root, group))
            except DataError as error:
                weak = group[0].suffix.lower() in ('.txt', '.json')
                reasons.append(NoTableError(str(error)) if weak else error)
    return layouts, reasons


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


def table_layout(root: Path, group: Sequence[Path]) -> Layout:
    """Read one table, one table for each part, or a split file.

    Args:
        root: Folder of the dataset.
        group: The file, or the files of the parts.

    Returns:
        The layout.

    Raises:
        DataError: If the files are no tables of images, or none of the images is there.
    """
    if len(group) == 1 and group[0].suffix.lower() == '.json' and _is_split_file(group[0]):
        return _split_layout(root, group[0])
    names = ', '.join(file.name for file in group)
    parts = [PART_NAMES.get(file.stem.lower()) for file in group]
    if len(set(parts)) < len(parts):
        raise DataError(f'{group[0].parent}: several of {names} could be the same part; keep one')
    folders = [
        image_folder(root, [row.path for row in read_rows(file, Columns())], str(file), part)
        for file, part in zip(group, parts, strict=True)
    ]
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
    return Layout(str(root), source, f'the table(s) {names}')


def image_folder(root: Path, paths: Sequence[str], where: str, part: str | None = None) -> str:
    """Find the folder that the paths of a table are relative to.

    Args:
        root: Folder of the dataset; it, the folders in it and those in a folder of images called
            as the part are tried.
        paths: The paths.
        where: Name of the table, for messages.
        part: Part that the table stands for, if it does for one.

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
    best = [name for name in candidates if found[name] == max(found.values())]
    if '' in best and all(os.path.isabs(path.strip()) for path in probed):
        best = ['']  # an absolute path is in the root wherever it is in a folder there
    best = [name for name in best if PART_NAMES.get(name.lower(), '') == part] or best
    if not found[best[0]]:
        raise DataError(
            f'{where}: none of its images (such as {some([repr(path) for path in probed[:3]])}) is '
            f'in {root} or in a folder there ({some(candidates[1:]) or "there is none"})'
        )
    if len(best) > 1:
        raise DataError(
            f'{where}: its images are in several folders of {root}, {some(best)}; keep one there, '
            "or write a config with source=dict(type='AnnotationTable', image_folder=...)"
        )
    return best[0]


def _is_split_file(file: Path) -> bool:
    try:
        raw = read_json(file)
    except (DataError, FileNotFoundError):  # read_split says it better
        return True
    return isinstance(raw, dict) and any(part in raw for part in PARTS)


def _split_layout(root: Path, file: Path) -> Layout:
    split = read_split(file)
    paths = [item.path for part in PARTS for item in split.part(part)]
    folder = image_folder(root, paths, str(file))
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
