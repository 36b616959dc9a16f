"""Rows of a table of images: CSV and its kin, JSON, JSON lines, or ``path label`` text."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vamp_mm.messages import some

from ..errors import DataError, brief
from ..read_once import once
from ..reading import parse_json, read_text
from .columns import COLUMNS, PART_NAMES, Columns, Row
from .csv_rows import csv_rows, is_csv

#: Endings of files that can be tables.
TABLE_SUFFIXES = ('.csv', '.tsv', '.jsonl', '.ndjson', '.json', '.txt')


def read_rows(file: Path, columns: Columns) -> tuple[Row, ...]:
    """Read a table.

    The kind follows the ending. ``.csv``, ``.tsv``: the delimiter (comma, semicolon, tab, ``|``) is
    the one that yields the needed columns; without a header a row must be path, class and maybe
    part, in any order that the ending of the image and the names of the parts give. ``.jsonl``,
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
    elif suffix in ('.csv', '.tsv') or is_csv(text, columns):
        rows = csv_rows(text, columns, where)
    elif suffix == '.txt':
        rows = _text_rows(text, where)
    else:
        raise DataError(
            f'{where} is not a table by its ending; allowed: {", ".join(TABLE_SUFFIXES)}'
        )
    if not rows:
        raise DataError(f'{where} lists no image')
    return _checked(rows, where)


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
