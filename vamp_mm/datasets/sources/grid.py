"""The cells of a table beside images, whatever its columns are called."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ..image_files import is_image
from .columns import COLUMNS, PART_NAMES

#: Files whose lines are rows.
LINED = ('.csv', '.tsv', '.txt', '.lst', '.tab', '.dat', '.data', '.jsonl', '.ndjson')
#: Words in the name of a column that holds classes.
_CLASS_WORDS = frozenset(
    {
        'class',
        'classes',
        'classname',
        'category',
        'categories',
        'label',
        'labels',
        'target',
        'species',
        'breed',
        'breeds',
        'diagnosis',
        'diagnoses',
        'dx',
        'disease',
        'finding',
        'findings',
        'grade',
        'genus',
        'tag',
        'tags',
        'truth',
        'kind',
    }
)
#: Words in the name of a column that says where or by whom an image was made.
_PLACE_WORDS = frozenset({
    'camera', 'cam', 'site', 'hospital', 'center', 'centre', 'clinic', 'scanner', 'device', 'sensor', 'domain', 'source',
    'folder', 'dir', 'directory', 'batch', 'fold', 'location', 'place', 'city', 'country', 'patient', 'subject', 'user',
    # fmt: skip
    'photographer', 'session', 'station', 'plot', 'date', 'day', 'year', 'sequence', 'video', 'group'})  # fmt: skip
_BOX_WORDS = frozenset(
    {'x', 'y', 'x1', 'y1', 'xmin', 'ymin', 'x_min', 'y_min', 'bbox', 'left', 'top'}
)
#: Columns and rows of a table that are looked at.
_COLUMNS, _ROWS = 200, 1_000_000
_NUMBER = re.compile(r'[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?')


@dataclass(frozen=True)
class Grid:
    """A table as columns of cells.

    Args:
        header: Name of each column; empty names where the first line is not a header.
        columns: Cells of each column, without the header; missing cells are empty.
    """

    header: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]

    def called(self, place: int, words: frozenset[str]) -> bool:
        """Whether a column's name holds one of some words."""
        return not words.isdisjoint(re.findall(r'[a-z]+', _spaced(self.header[place])))

    def named_class(self, place: int) -> bool:
        """Whether a column is called like one of classes."""
        return self.called(place, _CLASS_WORDS)

    def named_place(self, place: int) -> bool:
        """Whether a column is called like one of places, devices or persons."""
        return self.called(place, _PLACE_WORDS)

    def like_classes(self, place: int) -> bool:
        """Whether a column could hold classes: some values, each several times, and no measurements."""
        values = self.columns[place]
        kinds = {value.strip() for value in values} - {''}
        if len(kinds) < 2 or self.header[place].strip().lower() in COLUMNS['part']:
            return False
        if self.named_class(place):
            return True
        if 2 * len(kinds) > len(values) or {kind.lower() for kind in kinds} <= set(PART_NAMES):
            return False
        if not all(_NUMBER.fullmatch(kind) for kind in kinds):
            return True
        numbers = sorted({float(kind) for kind in kinds})
        first = numbers[0]
        boxes = any(name.strip().lower() in _BOX_WORDS for name in self.header)
        return (
            not boxes
            and first in (0, 1)
            and numbers == [first + step for step in range(len(numbers))]
        )

    def one_hot(self, but: int) -> list[str]:
        """The columns that are one class each, with a 1 in one of them in every row; none if there are no such.

        Args:
            but: Place of the column of the images.

        Returns:
            Their names.
        """
        places = [
            place
            for place, cells in enumerate(self.columns)
            if place != but and self.header[place] and cells and set(map(_flag, cells)) == {0, 1}
        ]
        rows = zip(*(self.columns[place] for place in places), strict=True)
        single = len(places) > 1 and all(sum(map(_flag, row)) == 1 for row in rows)
        return [self.header[place] for place in places] if single else []


def is_number(text: str) -> bool:
    """Whether a cell is a number."""
    return _NUMBER.fullmatch(text.strip()) is not None


def read_grid(text: str, suffix: str) -> Grid:
    """Cut a text into columns.

    Args:
        text: Content of the file.
        suffix: Its ending in lower case, one of :data:`LINED`.

    Returns:
        The columns; none where the lines do not read as rows.
    """
    if suffix in ('.jsonl', '.ndjson'):
        return _of_records(text)
    first = next((line for line in io.StringIO(text) if line.strip()), '')
    mark = max(',;\t|', key=first.count)
    rows: Iterable[Sequence[str]]
    if first.count(mark):
        rows = csv.reader(io.StringIO(text, newline=''), delimiter=mark)
    else:
        rows = (line.split() for line in io.StringIO(text))
    kept: list[Sequence[str]] = []
    try:
        for row in rows:
            if row:
                kept.append(row[:_COLUMNS])
            if len(kept) > _ROWS:
                break
    except csv.Error:  # what was read so far
        pass
    if not kept:
        return Grid((), ())
    headless = any(is_image(cell.strip()) for cell in kept[0]) or all(
        is_number(cell) for cell in kept[0]
    )
    columns = tuple(zip_longest(*kept, fillvalue=''))
    if headless:
        return Grid(('',) * len(columns), columns)
    return Grid(
        tuple(column[0].strip() for column in columns), tuple(column[1:] for column in columns)
    )


def _of_records(text: str) -> Grid:
    records = []
    for line in io.StringIO(text):
        try:
            found = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            records.append(found)
    names = tuple(dict.fromkeys(name for record in records for name in record))[:_COLUMNS]
    cells = tuple(tuple(_cell(record.get(name)) for record in records) for name in names)
    return Grid(names, cells)


def _cell(value: object) -> str:
    return '' if value is None or isinstance(value, (list, dict)) else str(value)


def _flag(cell: str) -> int:
    """0 or 1, -1 for what is neither."""
    return {'0': 0, '0.0': 0, '1': 1, '1.0': 1}.get(cell.strip(), -1)


def _spaced(name: str) -> str:
    """``classLabel`` -> ``class label``."""
    return re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', name).lower()
