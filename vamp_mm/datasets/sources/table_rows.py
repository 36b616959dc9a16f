"""Rows of a table of images: CSV and its kin, JSON, JSON lines, or ``path label`` text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from vamp_mm.messages import some

from ..errors import DataError, brief
from ..image_files import is_image
from ..read_once import once
from ..reading import parse_json, read_text
from .columns import COLUMNS, PART_NAMES, Columns

#: How columns begin that say of each image whether it belongs to a part.
_FLAGS = ('is_train', 'is_test', 'is_val', 'istrain', 'istest')
#: Endings of files that can be tables.
TABLE_SUFFIXES = ('.csv', '.tsv', '.jsonl', '.ndjson', '.json', '.txt')
_DELIMITERS = (',', ';', '\t', '|')
#: Characters in which the first row must end.
_FIRST_ROW = 1 << 20
#: Characters of a header that are shown to a user.
_HEADER = 1 << 16


class Row(NamedTuple):
    """One image of a table: line number, path and class as written, and the part if it is said."""

    line: int
    path: str
    label: str
    part: str | None


def read_rows(file: Path, columns: Columns) -> tuple[Row, ...]:
    """Read a table.

    The kind follows the ending. ``.csv``, ``.tsv``: the delimiter (comma, semicolon, tab, ``|``) is
    the one that yields the needed columns; without a header a row must be path, class and maybe
    part, in any order that the ending of the image and the names of the parts tell. ``.jsonl``,
    ``.ndjson``: one object a line; ``.json``: a list of objects. ``.txt``: a CSV if its first line
    is a header of one; else a line is ``path<tab>class`` if all have one tab, or ``path class``,
    cut at the last blank as mmpretrain does.

    Args:
        file: The file, UTF-8, with or without byte order mark, any line ends.
        columns: Names of the columns.

    Returns:
        The rows in file order.

    Raises:
        DataError: If the file is not UTF-8, lacks columns, or has faulty rows (ten are shown).
    """
    return once('rows', file, columns, lambda: _read_rows(file, columns))


def _read_rows(file: Path, columns: Columns) -> tuple[Row, ...]:
    text = read_text(file)
    where = str(file)
    suffix = file.suffix.lower()
    if suffix in ('.jsonl', '.ndjson', '.json'):
        records = _json_records(text, where, suffix == '.json')
        rows = _from_records(records, columns, where)
    elif suffix in ('.csv', '.tsv') or _is_csv_header(text, columns):
        rows = _csv_rows(text, columns, where)
    elif suffix == '.txt':
        rows = _text_rows(text, where)
    else:
        raise DataError(f'{where} is no table by its ending; allowed: {", ".join(TABLE_SUFFIXES)}')
    if not rows:
        raise DataError(f'{where} lists no image')
    return _checked(rows, where)


def read_header(file: Path) -> list[str]:
    """The cells of the first line of a CSV file or its kin; none if it has no lines or is no text."""
    if file.suffix.lower() not in ('.csv', '.tsv', '.txt'):
        return []
    try:
        with file.open(encoding='utf-8-sig', newline='') as stream:
            line = stream.readline(_HEADER)
        return next(_cells(line, _likely(line), str(file)), (0, []))[1]
    except (OSError, UnicodeDecodeError, DataError):
        return []


def _json_records(text: str, where: str, whole: bool) -> Iterator[tuple[int, Mapping]]:
    if whole:
        entries = parse_json(text, where)
        if not isinstance(entries, list):
            raise DataError(
                f'{where} holds a {type(entries).__name__}; expected a list of objects with path '
                'and class, or a split file with the keys train, val and test'
            )
        numbered = list(enumerate(entries, 1))
    else:
        numbered = []
        # not splitlines(): JSON strings may hold the separators U+2028 and U+0085 unescaped
        for line, words in enumerate(io.StringIO(text, newline=None), 1):
            if words.strip():
                numbered.append((line, parse_json(words, f'{where}, line {line}')))
    for line, entry in numbered:
        if not isinstance(entry, Mapping):
            raise DataError(f'{where}, entry {line} is {brief(entry)}; expected an object')
        yield line, entry


def _from_records(
    records: Iterator[tuple[int, Mapping]], columns: Columns, where: str
) -> list[Row]:
    known: dict[tuple[str, ...], dict[str, str]] = {}
    rows = []
    for line, record in records:
        header = tuple(record)
        if header not in known:
            known[header] = columns.find(header, f'{where}, entry {line}')
        roles = known[header]
        values = {role: _cell(record[name]) for role, name in roles.items()}
        rows.append(Row(line, values['path'], values['class'], values.get('part')))
    return rows


def _cell(value: object) -> str:
    # 3.0 and "3" are the same label; True is none
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return '' if value is None or isinstance(value, (bool, list, dict)) else str(value)


def _is_csv_header(text: str, columns: Columns) -> bool:
    return _delimiter(text, columns) is not None


def _delimiter(text: str, columns: Columns) -> str | None:
    """The delimiter under which the first row is a header with a path and a class column."""
    for delimiter in _DELIMITERS:
        try:
            columns.find(next(_cells(text[:_FIRST_ROW], delimiter, ''), (0, []))[1], '')
        except DataError:
            continue
        return delimiter
    return None


def _cells(text: str, delimiter: str, where: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=''), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f'{where}, line {reader.line_num}: {error}') from error


def _csv_rows(text: str, columns: Columns, where: str) -> list[Row]:
    delimiter = _delimiter(text, columns)
    if delimiter is None:
        return _headless_rows(text, columns, where)
    (_, header), *body = _cells(text, delimiter, where)
    roles = columns.find(header, where)
    places = {role: header.index(name) for role, name in roles.items()}
    if 'part' not in roles:
        _refuse_unread_parts(header, [cells for _, cells in body], roles, where)
    faulty = [
        f'line {line} ({len(cells)} cells)' for line, cells in body if len(cells) != len(header)
    ]
    if faulty:
        raise DataError(
            f'{where}: {len(faulty)} row(s) do not have the {len(header)} cells of the header: '
            f'{some(faulty)}. Put quotes around cells that hold {delimiter!r}'
        )
    return [
        Row(line, cells[places['path']], cells[places['class']],
            cells[places['part']] if 'part' in places else None)
        for line, cells in body
    ]  # fmt: skip


def _refuse_unread_parts(
    header: Sequence[str], body: Sequence[Sequence[str]], roles: Mapping[str, str], where: str
) -> None:
    """Refuse a column that says train or test under a name that is not known: the images would be divided otherwise."""
    for place, name in enumerate(header):
        values = {cells[place].strip().lower() for cells in body if place < len(cells)}
        if name in roles.values() or not values:
            continue
        if values <= set(PART_NAMES):
            raise DataError(
                f'{where}: the column {name!r} holds parts ({", ".join(sorted(values))}) and is not read: give '
                f"'{where}#part={name}', or remove the column if it means something else"
            )
        if name.strip().lower().startswith(_FLAGS) and values <= {'0', '1', 'true', 'false'}:
            raise DataError(
                f'{where}: the column {name!r} seems to say which images are for training or testing, and is not '
                "read: replace it by a column 'split' that holds train and test, or remove it"
            )


def _headless_rows(text: str, columns: Columns, where: str) -> list[Row]:
    for delimiter in _DELIMITERS:
        try:
            body = list(_cells(text, delimiter, where))
        except DataError:  # quotes that another delimiter makes sense of
            continue
        if body and len({len(cells) for _, cells in body}) == 1:
            roles = _guess(body)
            if roles is not None:
                return [
                    Row(line, cells[roles['path']], cells[roles['class']],
                        cells[roles['part']] if 'part' in roles else None)
                    for line, cells in body
                ]  # fmt: skip
    first = next((line for line in text.splitlines() if line.strip()), '')
    _, header = next(_cells(first, _likely(first), where), (0, []))
    columns.find(header, where)  # raises, and says which columns are there and which are allowed
    raise DataError(f'{where}: the rows cannot be told apart; add a header such as path,class')


def _likely(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _guess(body: Sequence[tuple[int, Sequence[str]]]) -> dict[str, int] | None:
    """Which column is which in rows without header; None if that is not plain."""
    columns = list(zip(*(cells for _, cells in body), strict=True))
    paths = [i for i, column in enumerate(columns) if all(is_image(c.strip()) for c in column)]
    parts = [
        i
        for i, column in enumerate(columns)
        if {c.strip().lower() for c in column} <= set(PART_NAMES)
    ]
    rest = [i for i in range(len(columns)) if i not in (*paths, *parts)]
    if len(paths) != 1 or len(parts) > 1 or len(rest) != 1:
        return None
    return {'path': paths[0], 'class': rest[0]} | ({'part': parts[0]} if parts else {})


def _text_rows(text: str, where: str) -> list[Row]:
    lines = [
        (number, line.strip()) for number, line in enumerate(io.StringIO(text, newline=None), 1)
        if line.strip()
    ]  # fmt: skip
    tabbed = all(line.count('\t') == 1 for _, line in lines)
    rows: list[Row] = []
    faulty: list[Row] = []
    for number, line in lines:
        path, _, label = line.partition('\t') if tabbed else _last_blank(line)
        (rows if path and label else faulty).append(Row(number, path, label, None))
    if faulty:
        shown = [f'line {row.line} ({row.path or row.label!r})' for row in faulty]
        raise DataError(
            f'{where}: {len(faulty)} of {len(lines)} line(s) are not "path label": {some(shown)}'
        )
    return rows


def _last_blank(line: str) -> tuple[str, str, str]:
    words = line.rsplit(maxsplit=1)
    return (words[0], ' ', words[1]) if len(words) == 2 else ('', '', line)


def _checked(rows: Sequence[Row], where: str) -> tuple[Row, ...]:
    problems, checked = [], []
    for row in rows:
        part = None if row.part is None else PART_NAMES.get(row.part.strip().lower())
        if not row.path.strip():
            problems.append(f'line {row.line}: the path is empty')
        elif not row.label.strip():
            problems.append(f'line {row.line} ({row.path}): the class is empty')
        elif row.part is not None and part is None:
            problems.append(f'line {row.line} ({row.path}): the part is {row.part!r}')
        checked.append(Row(row.line, row.path, row.label.strip(), part))
    if problems:
        allowed = ', '.join(PART_NAMES)
        raise DataError(
            f'{where}: {len(problems)} of {len(rows)} row(s) are faulty: {some(problems, "; ")}. '
            f'Parts are called {allowed}; the columns are found by name: '
            f'path ({", ".join(COLUMNS["path"][:4])}, ...), class ({", ".join(COLUMNS["class"][:4])}, ...)'
        )
    return tuple(checked)
