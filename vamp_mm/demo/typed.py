"""What people type into the page's fields."""

from __future__ import annotations

import csv

from vamp_mm.datasets import DataError
from vamp_mm.datasets.prompts import TEMPLATE_SETS

_LONGEST = 2**20  # characters


def class_names(text: str) -> tuple[str, ...] | None:
    """Names between commas and line ends.

    Args:
        text: Such as ``cat, dog`` or one name a line; a name that holds a comma is put in double quotes.

    Returns:
        The names, None if there are none.

    Raises:
        DataError: If the text is too long, a quote is not closed, or there is one name only.
    """
    _check_length('class names', text)
    names = []
    for line in text.splitlines():
        try:
            names += [
                cell.strip()
                for row in csv.reader([line], skipinitialspace=True, strict=True)
                for cell in row
            ]
        except csv.Error as error:
            raise DataError(
                f'class names: the double quotes in {line!r} do not match; they are needed around names that '
                'hold a comma only'
            ) from error
    names = [name for name in names if name]
    if len(names) == 1:
        raise DataError(
            f'one class name is given, {names[0]!r}: telling classes apart needs two; separate names by '
            'commas or line ends'
        )
    return tuple(names) or None


def templates(text: str) -> str | tuple[str, ...] | None:
    """Sentences, one a line, or the name of a set.

    Args:
        text: Such as ``a photo of a {}.`` or ``openai-80``.

    Returns:
        What a predictor takes; None for those of the training.

    Raises:
        DataError: If the text is too long, or a sentence does not hold ``{}`` once.
    """
    _check_length('templates', text)
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(lines) == 1 and lines[0] in TEMPLATE_SETS:
        return lines[0]
    for line in lines:
        if line.count('{}') != 1:
            raise DataError(
                f'template {line!r} must hold {{}} once, where the class name goes, for example '
                f'a photo of a {{}}. Or give the name of a set: {", ".join(TEMPLATE_SETS)}'
            )
    return lines or None


def _check_length(what: str, text: str) -> None:
    if len(text) > _LONGEST:
        raise DataError(f'the {what} have {len(text):,} characters, at most {_LONGEST:,} are read')
