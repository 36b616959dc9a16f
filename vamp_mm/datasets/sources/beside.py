"""Tables beside folders of images, and what they say about these images."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..errors import DataError, some
from .class_file import CLASS_FILES
from .columns import PART_NAMES, Columns
from .names import folded
from .scan import files, has_images, iter_images, subfolders
from .table_rows import TABLE_SUFFIXES, read_rows

#: Tables in formats that are not read.
OTHER_TABLES = (
    '.xlsx', '.xls', '.xlsm', '.ods', '.mat', '.parquet', '.feather', '.arrow', '.pkl', '.pickle', '.npy', '.npz', '.h5',
    '.hdf5', '.sqlite', '.db', '.xml', '.yaml', '.yml', '.lst', '.tab', '.dat', '.data', '.csv.gz', '.tsv.gz', '.json.gz',
    '.csv.zip')  # fmt: skip
#: Those that are tables whatever is in them, unlike a text.
SURE_TABLES = (
    '.csv', '.tsv', '.jsonl', '.ndjson', '.xlsx', '.xls', '.xlsm', '.ods', '.mat', '.parquet', '.csv.gz', '.csv.zip')
#: Bytes of a table that are searched.
_SEARCHED = 64 << 20
#: Folders and images in each that are looked up in a table.
_FOLDERS, _IMAGES = 40, 2
#: Places of a name in a table that are looked at, and characters around it where there are no lines.
_PLACES, _AROUND = 20, 300
#: More files of a table's ending in a folder of their own belong to one image each.
_FEW = 20


@dataclass(frozen=True)
class Mention:
    """What a table says about some images in folders.

    Args:
        found: How many of the images it names.
        agreed: Of how many it names the folder too, as a value of its own.
        column: Place of the image in its row, None if the table has no rows.
    """

    found: int
    agreed: int
    column: int | None

    @property
    def contradicts(self) -> bool:
        """Whether the table knows these images and does not know their folders as classes."""
        return 2 * self.agreed < self.found or (self.found > 0 and not self.agreed)


def tables_beside(root: Path) -> list[Path]:
    """Files that may be tables, in a folder, its parts, and those folders in it that hold no images."""
    found = [root / name for name in files(root) if is_table(name)]
    for folder in subfolders(root):
        if folder.lower() not in PART_NAMES and has_images(root / folder):  # it stops at the first one
            continue
        inner = [name for name in files(root / folder) if is_table(name)]
        if len(inner) <= _FEW:
            found += [root / folder / name for name in inner]
    return found


def left_unread(root: Path, used: Collection[Path], by: str) -> tuple[str, ...]:
    """Sentences about tables in a folder that the lists do not come from, for the note of a run.

    Args:
        root: Folder of the dataset.
        used: Files that were read.
        by: Where the lists come from.

    Returns:
        One sentence with a reason for each, or none. Texts and JSON files that are no tables are not worth one.
    """
    others = [
        name for name in files(root)
        if root / name not in used and (name.lower().endswith(SURE_TABLES) or name in CLASS_FILES)
    ]  # fmt: skip
    shown = some([f'{name} ({_why(root / name)})' for name in others[:_FEW]], ', ')
    return (f'not read: {shown}; the lists come from {by}',) if others else ()


def _why(file: Path) -> str:
    """Why a file is no table of images, or could be one."""
    if file.name in CLASS_FILES:
        return 'names of classes, which the lists have already'
    if file.suffix.lower() not in TABLE_SUFFIXES:
        return f'{file.suffix} is no format of tables here'
    try:
        read_rows(file, Columns())
    except DataError as error:
        return str(error).removeprefix(str(file)).lstrip(':, ').partition('; allowed')[0]
    return 'a table too: give its path to use it'


def sample_images(root: Path, folders: Sequence[str]) -> list[tuple[str, str]]:
    """A few images: folder and path in it; folders evenly chosen if there are many."""
    chosen = folders[:: max(1, len(folders) // _FOLDERS)]
    return [(folder, path) for folder in chosen for path in islice(iter_images(root / folder), _IMAGES)]


def mentions(file: Path, images: Iterable[tuple[str, str]]) -> Mention:
    """Look up images in a table.

    Args:
        file: The table, of any format; what cannot be decoded is searched as it is.
        images: Folder and path of each.

    Returns:
        What the table says; nothing found where it cannot be read.
    """
    text = _searchable(file)
    lined = file.suffix.lower() in ('.csv', '.tsv', '.txt', '.lst', '.tab', '.dat', '.data', '.jsonl', '.ndjson')
    found = agreed = 0
    columns: list[int] = []
    for folder, path in images:
        cells = _rows_of(text, folder, path, lined)
        found += bool(cells)
        agreed += any(folded(folder.rpartition('/')[2]) in map(folded, row) for row, _ in cells)
        columns += [place for _, place in cells]
    return Mention(found, agreed, max(set(columns), key=columns.count) if columns and lined else None)


def _rows_of(text: str, folder: str, path: str, lined: bool) -> list[tuple[list[str], int]]:
    """Cells of the rows that name an image, and the place of the name among them."""
    name = path.rpartition('/')[2]
    stem = name.rpartition('.')[0]
    # 12.jpg is looked for with its ending: the number 12 stands in every table
    names = [f'{folder}/{path}', name] + ([stem] if len(stem) > 4 or not stem.isdecimal() and len(stem) > 3 else [])
    rows = []
    for wanted in names:
        start = -1
        for _ in range(_PLACES):
            start = text.find(wanted, start + 1)
            if start < 0:
                break
            left, right = (text.rfind('\n', 0, start) + 1, text.find('\n', start)) if lined else (-1, -1)
            if not lined or right - left > 10 * _AROUND:
                left, right = max(0, start - _AROUND), start + _AROUND
            row = text[left : right if right >= 0 else len(text)].strip('\r')
            cells = [cell.strip(' "\'') for cell in re.split(r'[,;\t|]' if lined else r'[,;\t|"\':{}\[\]<>\n\0]+', row)]
            more = cells + row.split()
            places = [place for place, cell in enumerate(more) if _names(cell, wanted, name)]
            if places:
                rows.append((more, places[0]))
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
            parts.append(zlib.decompressobj().decompress(raw[place + 8 : place + 8 + size], _SEARCHED // 8))
        place += 8 + size
    return b''.join(parts)
