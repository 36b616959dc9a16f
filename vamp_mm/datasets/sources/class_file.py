"""Files that give every label its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ..errors import DataError
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
        DataError: If the file is not UTF-8, a line is empty, labels have gaps, or a name occurs
            twice.
    """
    try:
        text = file.read_bytes().decode('utf-8-sig')
        names = _from_json(text, file) if file.suffix.lower() == '.json' else text.splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f'{file} is not UTF-8 text: {error}') from error
    except json.JSONDecodeError as error:
        raise DataError(f'{file} is not JSON: {error}') from error
    except RecursionError as error:
        raise DataError(f'{file} is nested too deeply; expected a list of names') from error
    except OSError as error:
        raise DataError(f'cannot read {file}: {error.strerror or error}') from error
    while names and not str(names[-1]).strip():
        names = names[:-1]
    wrong = [i for i, name in enumerate(names) if not isinstance(name, str) or not name.strip()]
    if not names or wrong:
        raise DataError(
            f'{file}: there is no name for label {wrong[0] if wrong else 0}; one name a line is '
            'expected, the first one for label 0'
        )
    tidy = tuple(tidy_name(name) for name in names)
    twice = sorted({name for name in tidy if tidy.count(name) > 1})
    if twice:
        raise DataError(f'{file}: the names {twice[:10]} stand for several labels; rename them')
    return tidy


def _from_json(text: str, file: Path) -> list:
    found = json.loads(text)
    if isinstance(found, Mapping):
        labels = {key: int(key) for key in found if key.isdecimal()}
        if sorted(labels.values()) != list(range(len(found))):
            raise DataError(
                f'{file}: the labels {list(found)[:10]} do not run from 0 to {len(found) - 1}'
            )
        return [found[key] for key in sorted(found, key=int)]
    if not isinstance(found, list):
        raise DataError(f'{file} holds a {type(found).__name__}; expected a list of names')
    return found
