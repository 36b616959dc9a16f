"""Reading split files of the CoOp family: one JSON object, three lists of ``[path, label, class name]``."""

from __future__ import annotations

from os import PathLike
from typing import Any

from .errors import DataError, brief
from .reading import read_json
from .splits import PARTS, Item, Split, check_items, make_split

_EXPECTED = f'expected an object with the keys {PARTS}'


def read_split(path: str | PathLike) -> Split:
    """Read and check a split file.

    Args:
        path: The JSON file.

    Returns:
        Its lists in file order, and the class names in label order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not such an object, an entry is malformed, labels have gaps, a
            label has two names or a name two labels, a name cannot be part of a prompt, a class has no
            training or test image, a path leaves the image folder, or a path occurs twice (in two lists that is a leak).
    """
    return parse_split(read_json(path), str(path))


def read_lists(path: str | PathLike) -> dict[str, tuple[Item, ...]]:
    """Read the lists of a split file and check each entry, but not whether the lists make a dataset.

    Args:
        path: The JSON file.

    Returns:
        Part -> its images in file order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not such an object, or an entry is malformed.
    """
    lists = _parts(read_json(path), str(path))
    check_items(lists, str(path))
    return lists


def parse_split(raw: Any, where: str = 'split') -> Split:
    """Check a decoded split file; see :func:`read_split`.

    Args:
        raw: What the JSON decoded to.
        where: Name of the source, for messages.

    Returns:
        The checked split.

    Raises:
        ValueError: As in :func:`read_split`.
    """
    return make_split(_parts(raw, where), where)


def _parts(raw: Any, where: str) -> dict[str, tuple[Item, ...]]:
    if not isinstance(raw, dict):
        raise DataError(f'{where} holds a {type(raw).__name__}; {_EXPECTED}')
    missing = [key for key in PARTS if key not in raw]
    unknown = [key for key in raw if key not in PARTS]
    if missing or unknown:
        raise DataError(
            f'{where} must have exactly the keys {PARTS}; missing {missing}, unknown {brief(unknown)}'
        )
    return {key: _items(raw[key], f'{where}: {key}') for key in PARTS}


def _items(entries: Any, where: str) -> tuple[Item, ...]:
    if not isinstance(entries, list):
        raise DataError(
            f'{where} is a {type(entries).__name__}; expected a list of [path, label, class name]'
        )
    return tuple(_item(entry, f'{where}[{index}]') for index, entry in enumerate(entries))


def _item(entry: Any, where: str) -> Item:
    if not isinstance(entry, list) or len(entry) != 3:
        raise DataError(f'{where} is {brief(entry)}; expected [path, label, class name]')
    return Item(*entry)
