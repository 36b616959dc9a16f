"""Rows of a table of images in CSV and its kin."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vamp_mm.messages import some

from ..errors import DataError
from ..image_files import is_image
from .columns import PART_NAMES, Columns, Row

#: How columns begin that say of each image whether it belongs to a part.
_FLAGS = ('is_train', 'is_test', 'is_val', 'istrain', 'istest')
_DELIMITERS = (',', ';', '\t', '|')
#: Characters in which the first row must end.
_FIRST_ROW = 1 << 20
#: Characters of a header that are shown to a user.
_HEADER = 1 << 16


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


def is_csv(text: str, columns: Columns) -> bool:
    """Whether the first row of ``text`` is the header of a CSV file with a path and a class column."""
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


def csv_rows(text: str, columns: Columns, where: str) -> list[Row]:
    """Read the rows of a CSV file; see :func:`~vamp_mm.datasets.sources.table_rows.read_rows`.

    Args:
        text: What is in the file.
        columns: Names of the columns.
        where: Name of the file, for messages.

    Returns:
        The rows in file order.

    Raises:
        DataError: If columns are missing, rows have other cells than the header, or a column says
            train or test under a name that is not read.
    """
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
