"""Tables beside folders of images, and what they say about these images."""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path

from vamp_mm.messages import some

from ..errors import DataError
from .class_file import CLASS_FILES
from .columns import PART_NAMES, Columns
from .grid import LINED, read_grid
from .mention import Mention, Sample, look_up, sample_images
from .names import folded
from .scan import files, has_images, subfolders
from .table_rows import TABLE_SUFFIXES, read_rows

#: Tables in formats that are not read.
OTHER_TABLES = (
    '.xlsx', '.xls', '.xlsm', '.ods', '.mat', '.parquet', '.feather', '.arrow', '.pkl', '.pickle', '.npy', '.npz', '.h5',
    '.hdf5', '.sqlite', '.db', '.xml', '.yaml', '.yml', '.lst', '.tab', '.dat', '.data', '.csv.gz', '.tsv.gz', '.json.gz',
    '.csv.zip')  # fmt: skip
#: Those that are tables whatever is in them, unlike a text.
SURE_TABLES = (
    '.csv',
    '.tsv',
    '.jsonl',
    '.ndjson',
    '.xlsx',
    '.xls',
    '.xlsm',
    '.ods',
    '.mat',
    '.parquet',
    '.csv.gz',
    '.csv.zip',
)
#: Bytes of a table that are searched.
_SEARCHED = 64 << 20
#: Places of a name in a table that are looked at, and characters around it.
_PLACES, _AROUND = 20, 300
#: More files of a table's ending in a folder of their own belong to one image each.
_FEW = 20


def tables_beside(root: Path) -> list[Path]:
    """Files that may be tables, in a folder, its parts, and those folders in it that hold no images."""
    found = [root / name for name in files(root) if is_table(name)]
    for folder in subfolders(root):
        # it stops at the first one
        if folder.lower() not in PART_NAMES and has_images(root / folder):
            continue
        inner = [name for name in files(root / folder) if is_table(name)]
        if len(inner) <= _FEW:
            found += [root / folder / name for name in inner]
    return found


def tables_above(root: Path) -> list[Path]:
    """Tables in the folder that holds a folder, unless there are many, as in a home directory."""
    above = Path(os.path.normpath(root.absolute())).parent
    try:
        found = [above / name for name in files(above) if name.lower().endswith(SURE_TABLES)]
    except DataError:  # that folder may be closed to the user
        return []
    return [file for file in found if not is_submission(file)] if len(found) <= _FEW else []


def is_submission(file: Path) -> bool:
    """Whether a table holds answers of a competition, whose classes are not the true ones."""
    return 'submission' in file.name.lower()


def left_unread(
    root: Path, used: Collection[Path], by: str, folders: Sequence[str] = ()
) -> tuple[str, ...]:
    """Sentences about tables in a folder that the lists do not come from, for the note and the log of a run.

    Args:
        root: Folder of the dataset.
        used: Files that were read.
        by: Where the lists come from.
        folders: Folders that hold the class folders, relative to ``root``, where the lists come from class folders;
            tables are then searched for their images, in the folder above ``root`` too.

    Returns:
        One sentence with a reason for each table, or none; it begins with ``WARNING`` if it names more than a file of
        class names. Texts and JSON files that are not tables are not worth one.
    """
    tables = [
        root / name
        for name in files(root)
        if root / name not in used and name.lower().endswith(SURE_TABLES)
    ]
    images = [
        image
        for folder in folders
        for image in sample_images(root / folder, subfolders(root / folder))
    ]
    named = {
        file: mentions(file, images) for file in (*tables, *(tables_above(root) if folders else ()))
    }
    odd = [file for file, mention in named.items() if mention.contradicts or mention.doubtful]
    shown = [*tables, *(file for file in odd if file not in tables)]
    reasons = [f'{_called(file, root)} ({_why(file)}{_says(named[file])})' for file in shown[:_FEW]]
    reasons += [
        f'{name} ({_why(root / name)})'
        for name in files(root)
        if name in CLASS_FILES and root / name not in used
    ]
    if not reasons:
        return ()
    return (f'{"WARNING: " if shown else ""}not read: {some(reasons)}; the lists come from {by}',)


def _called(file: Path, root: Path) -> str:
    return file.name if file.parent == root else str(file)


def _says(mention: Mention) -> str:
    if not mention.found:
        return ''
    return '; it names these images' + (
        ', and other classes than their folders' if mention.contradicts else ''
    )


def _why(file: Path) -> str:
    """Why a file is no table of images, or could be one."""
    if file.name in CLASS_FILES:
        return 'names of classes, which the lists have already'
    if file.suffix.lower() not in TABLE_SUFFIXES:
        return f'{file.suffix} is not a format of tables here'
    try:
        read_rows(file, Columns())
    except DataError as error:
        return str(error).removeprefix(str(file)).lstrip(':, ').partition('; allowed')[0]
    return 'a table too: give its path to use it'


def mentions(file: Path, images: Sequence[Sample]) -> Mention:
    """Look up images in a table.

    Args:
        file: The table, of any format; what cannot be decoded is searched as it is.
        images: The images.

    Returns:
        What the table says; nothing found where it cannot be read.
    """
    text = _searchable(file)
    suffix = file.suffix.lower()
    if suffix in LINED:
        return look_up(read_grid(text, suffix), images)
    few = [image for place, image in enumerate(images) if place % 5 == 0]
    rows = {image: _cells_around(text, image) for image in few}
    found = sum(map(bool, rows.values()))
    agreed = sum(
        any(folded(image.label) in map(folded, row) for row in cells)
        for image, cells in rows.items()
    )
    return Mention(found, len(few), None, 2 * agreed < found, 0 < agreed < found)


def _cells_around(text: str, image: Sample) -> list[list[str]]:
    """What stands around the name of an image, in a file without lines."""
    stem = image.name.rpartition('.')[0]
    # 12.jpg is looked for with its ending: the number 12 is in every table
    short = len(stem) <= 4 if stem.isdecimal() else len(stem) <= 3
    rows = []
    for wanted in [f'{image.folder}/{image.path}', image.name, *([] if short else [stem])]:
        start = -1
        for _ in range(_PLACES):
            start = text.find(wanted, start + 1)
            if start < 0:
                break
            around = text[max(0, start - _AROUND) : start + _AROUND]
            cells = [cell.strip(' "\'') for cell in re.split(r'[,;\t|"\':{}\[\]<>\n\0]+', around)]
            if any(_names(cell, wanted, image.name) for cell in cells):
                rows.append(cells)
        if rows:
            break
    return rows


def _names(cell: str, wanted: str, name: str) -> bool:
    """Whether a cell is an image: its name or a path that ends in it, with or without ending."""
    cell = cell.replace('\\', '/')
    last = cell.rpartition('/')[2]
    return cell.endswith(wanted) and last in (name, name.rpartition('.')[0])


def is_table(name: str) -> bool:
    """Whether a file name has the ending of a table in any format, read here or not."""
    return name.lower().endswith((*TABLE_SUFFIXES, *OTHER_TABLES)) and name not in CLASS_FILES


def _searchable(file: Path) -> str:
    try:
        with file.open('rb') as stream:
            raw = stream.read(_SEARCHED)
        content = _unpacked(raw, file.suffix.lower())
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        return ''
    text = content.decode('utf-8-sig', 'replace')
    if file.suffix.lower() in ('.mat', '.xls') and b'\0' in content:  # letters of two bytes
        text += content.decode('utf-16-le', 'replace') + content[1:].decode('utf-16-le', 'replace')
    return text


def _unpacked(raw: bytes, suffix: str) -> bytes:
    if raw[:4] == b'PK\x03\x04':
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return b'\n'.join(_read(archive, name) for name in archive.namelist()[:64])[:_SEARCHED]
    if raw[:2] == b'\x1f\x8b':
        with gzip.open(io.BytesIO(raw)) as stream:
            return stream.read(_SEARCHED)
    return _matlab(raw) if suffix == '.mat' else raw


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as stream:
        return stream.read(_SEARCHED // 8)


def _matlab(raw: bytes) -> bytes:
    """The elements of a MATLAB 5 file, which are compressed one by one (type 15)."""
    place, parts = 128, [raw]
    while place + 8 <= len(raw):
        kind, size = (int.from_bytes(raw[place + at : place + at + 4], 'little') for at in (0, 4))
        if kind == 15:
            parts.append(
                zlib.decompressobj().decompress(raw[place + 8 : place + 8 + size], _SEARCHED // 8)
            )
        place += 8 + size
    return b''.join(parts)
