"""Files that give every label its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from vamp_mm.messages import some

from ..class_words import name_fault, number_fault
from ..errors import DataError, brief
from ..reading import parse_json, read_text
from ..splits import MAX_CLASSES
from .names import tidy_name

#: What such a file may be called where it is looked for.
CLASS_FILES = (
    'classes.txt', 'class_names.txt', 'classnames.txt', 'names.txt', 'classes.json',
    'class_names.json')  # fmt: skip


def read_class_names(file: Path) -> tuple[str, ...]:
    """Read the class names in label order.

    Args:
        file: ``.txt`` with one name a line, the first line for label 0; or ``.json`` with a list of
            names, or an object from label to name.

    Returns:
        The names.

    Raises:
        FileNotFoundError: If there is no such file.
        DataError: If the file is not UTF-8, a line is empty, labels have gaps, there are more than
            100,000 names, one cannot be part of a prompt, or one occurs twice.
    """
    text = read_text(file)
    names = _from_json(text, file) if file.suffix.lower() == '.json' else text.splitlines()
    while names and not str(names[-1]).strip():
        names = names[:-1]
    wrong = [i for i, name in enumerate(names) if not isinstance(name, str) or not name.strip()]
    if not names or wrong:
        raise DataError(
            f'{file}: there is no name for label {wrong[0] if wrong else 0}; one name a line is '
            'expected, the first one for label 0'
        )
    if len(names) > MAX_CLASSES:
        raise DataError(
            f'{file} has {len(names):,} class names; at most {MAX_CLASSES:,} are allowed'
        )
    if fault := number_fault(names):
        raise DataError(f'{file}: {fault}')
    tidy = tuple(tidy_name(name) for name in names)
    faulty = [
        f'label {label} {fault}' for label, name in enumerate(tidy) if (fault := name_fault(name))
    ]
    if faulty:
        raise DataError(f'{file}: the class name of {some(faulty, "; ")}')
    twice = sorted(name for name, count in Counter(tidy).items() if count > 1)
    if twice:
        raise DataError(f'{file}: the names {twice[:10]} stand for several labels; rename them')
    return tidy


def _from_json(text: str, file: Path) -> list:
    found = parse_json(text, str(file))
    if isinstance(found, Mapping):
        labels = sorted(found, key=lambda key: (len(key), key))
        if labels != [str(label) for label in range(len(found))]:
            raise DataError(
                f'{file}: the labels {brief(list(found))} do not run from 0 to {len(found) - 1}'
            )
        return [found[key] for key in labels]
    if not isinstance(found, list):
        raise DataError(f'{file} holds a {type(found).__name__}; expected a list of names')
    return found
