"""Classes of the rows of a table, in label order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vamp_mm.messages import some

from ..errors import DataError, brief
from .class_file import CLASS_FILES
from .columns import Row
from .names import check_names, tidy_name

_NUMBER = re.compile(r'[+-]\d+([.,]\d*)?|\d+[.,]\d*|[+-]?\d*[.,]?\d+[eE][+-]?\d+')
#: Digits of a label; more than these are none, and Python refuses to read thousands.
_DIGITS = 12


def label_order(
    rows: Sequence[Row], listed: tuple[str, ...] | None, class_file: str | None, where: str
) -> tuple[str, ...]:
    """Class names in label order.

    Args:
        rows: The rows of all tables.
        listed: Names of the class file in label order, None if there is no such file.
        class_file: Name of that file, for messages.
        where: Name of the tables, for messages.

    Returns:
        The listed names; without a list the names of the rows, sorted.

    Raises:
        DataError: If classes are numbers without names, are not in the list, or hold several
            classes in one cell.
    """
    written = {tidy_name(row.label) for row in rows}
    if all(name.isdecimal() for name in written):
        huge = sorted(name for name in written if len(name) > _DIGITS)
        if huge:
            raise DataError(
                f'{where}: the label {brief(huge[0])} is too large; labels are whole numbers from 0 on'
            )
        return _numbered({int(name) for name in written}, listed, where)
    odd = sorted(name for name in written - set(listed or ()) if _NUMBER.fullmatch(name))
    if odd:
        raise DataError(
            f'{where}: {len(odd)} class(es) are numbers that are not labels: {some(odd)}. Labels are whole '
            'numbers from 0 on, all of them, with a file of their names; or write the names into the table'
        )
    if listed is not None:
        unknown = sorted(written - set(listed))
        if unknown:
            raise DataError(
                f'{where}: {len(unknown)} class(es) are not in {class_file}: '
                f'{some(unknown)}. It has {some(listed)}'
            )
    check_single(rows, written, where)
    check_names(written, where)
    return listed or tuple(sorted(written))


def check_single(rows: Sequence[Row], written: set[str], where: str) -> None:
    """Refuse cells such as ``A|B`` where A and B are classes too: one image, several classes."""
    several = {
        name: parts for name in written for mark in '|;,/+&'
        if len(parts := [part.strip() for part in name.split(mark)]) > 1 and written.issuperset(parts)
    }  # fmt: skip
    if several:
        name, parts = min(several.items())
        count = sum(tidy_name(row.label) in several for row in rows)
        raise DataError(
            f'{where}: {count} of {len(rows)} rows hold several classes in one cell, such as {name!r}, whose parts '
            f'{some([repr(part) for part in parts])} are classes of other rows; an image has one class here: leave these '
            'rows out, or write one class into each'
        )


def class_of(row: Row, labels: Mapping[str, int], names: Sequence[str]) -> str:
    """The class name of a row, whose class may be written as a number."""
    name = tidy_name(row.label)
    return name if name in labels else names[int(name)]


def _numbered(labels: set[int], listed: tuple[str, ...] | None, where: str) -> tuple[str, ...]:
    if listed is None:
        raise DataError(
            f'{where}: the classes are numbers ({some(sorted(labels))}), but the model reads '
            f'names. Put a file {CLASS_FILES[0]} beside the table, one name a line, the first line '
            'for label 0; or write the names into the table'
        )
    wrong = sorted(label for label in labels if label >= len(listed))
    if wrong:
        from_one = (
            ' (labels start at 0; these seem to start at 1)'
            if wrong == [len(listed)] and 0 not in labels
            else ''
        )
        raise DataError(
            f'{where}: the labels {some(wrong)} have no name; the names run from 0 '
            f'({listed[0]}) to {len(listed) - 1} ({listed[-1]}){from_one}'
        )
    return listed
