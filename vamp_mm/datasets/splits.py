"""Split files of the CoOp family: one JSON object, three lists of ``[path, label, class name]``."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

#: The three lists of a split file, in the order in which it holds them.
PARTS = ('train', 'val', 'test')
#: What :func:`class_split` accepts.
CLASS_SPLITS = ('all', 'base', 'novel')


class Item(NamedTuple):
    """One labelled image: path relative to the image folder, 0-based label, class name."""

    path: str
    label: int
    name: str


@dataclass(frozen=True)
class Split:
    """A checked split file.

    Args:
        classes: The C class names in label order.
        train: Training images in file order.
        val: Validation images in file order, possibly none.
        test: Test images in file order.
    """

    classes: tuple[str, ...]
    train: tuple[Item, ...]
    val: tuple[Item, ...]
    test: tuple[Item, ...]

    def part(self, name: str) -> tuple[Item, ...]:
        """The list called ``name``: train, val or test."""
        if name not in PARTS:
            raise ValueError(f'split={name!r} is unknown; allowed: {PARTS}')
        return getattr(self, name)


def read_split(path: str | PathLike) -> Split:
    """Read and check a split file.

    Args:
        path: The JSON file.

    Returns:
        Its lists in file order, and the class names in label order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not such an object, an entry is malformed, labels have gaps, a
            label has two names or a name two labels, a class has no training or test image, a path
            leaves the image folder, or a path occurs twice (in two lists that is a leak).
    """
    where = str(path)
    try:
        text = Path(path).read_text(encoding='utf-8')
    except UnicodeDecodeError as error:
        raise ValueError(f'split file {where} is not UTF-8 text: {error}') from error
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f'split file {where} is not JSON: {error}') from error
    return parse_split(raw, where)


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
    if not isinstance(raw, dict):
        raise ValueError(
            f'{where} holds a {type(raw).__name__}; expected an object with the keys {PARTS}'
        )
    missing = [key for key in PARTS if key not in raw]
    unknown = [key for key in raw if key not in PARTS]
    if missing or unknown:
        raise ValueError(
            f'{where} must have exactly the keys {PARTS}; missing {missing}, unknown {unknown}'
        )
    lists = {key: _items(raw[key], f'{where}: {key}') for key in PARTS}
    _check_paths(lists, where)
    split = Split(classes=_class_names(lists, where), **lists)
    _check_coverage(split, where)
    return split


def _items(entries: Any, where: str) -> tuple[Item, ...]:
    if not isinstance(entries, list):
        raise ValueError(
            f'{where} is a {type(entries).__name__}; expected a list of [path, label, class name]'
        )
    return tuple(_item(entry, f'{where}[{index}]') for index, entry in enumerate(entries))


def _item(entry: Any, where: str) -> Item:
    if not isinstance(entry, list) or len(entry) != 3:
        raise ValueError(f'{where} is {entry!r}; expected [path, label, class name]')
    path, label, name = entry
    if not isinstance(path, str) or not path:
        raise ValueError(f'{where}: the path is {path!r}; expected a non-empty string')
    # bool is an int in Python, but `true` in the file is no label
    if type(label) is not int or label < 0:
        raise ValueError(f'{where} ({path}): the label is {label!r}; expected an integer from 0 on')
    if not isinstance(name, str) or not name.strip():
        raise ValueError(
            f'{where} ({path}): the class name is {name!r}; expected a non-empty string'
        )
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive:
        raise ValueError(
            f'{where}: {path!r} is absolute; paths must be relative to the image folder'
        )
    if '..' in PurePosixPath(path).parts:
        raise ValueError(f"{where}: {path!r} leaves the image folder through '..'")
    return Item(path, label, name)


def _check_paths(lists: dict[str, tuple[Item, ...]], where: str) -> None:
    seen: dict[str, str] = {}
    for key, items in lists.items():
        for item in items:
            path = posixpath.normpath(item.path)
            if path in seen:
                what = (
                    f'occurs twice in {key}'
                    if seen[path] == key
                    else f'is in {seen[path]} and in {key}: that leaks one into the other'
                )
                raise ValueError(
                    f'{where}: image {item.path!r} {what}; every image may be listed once'
                )
            seen[path] = key


def _class_names(lists: dict[str, tuple[Item, ...]], where: str) -> tuple[str, ...]:
    names: dict[int, str] = {}
    for item in (item for items in lists.values() for item in items):
        if names.setdefault(item.label, item.name) != item.name:
            raise ValueError(
                f'{where}: label {item.label} has two names, {names[item.label]!r} and '
                f'{item.name!r} ({item.path})'
            )
    if not names:
        raise ValueError(f'{where} lists no image at all')
    gaps = sorted(set(range(max(names) + 1)) - set(names))
    if gaps:
        raise ValueError(
            f'{where}: labels must run from 0 to C-1 without gaps; the largest is {max(names)}, '
            f'missing: {gaps[:10]}'
        )
    labels: dict[str, int] = {}
    for label in range(len(names)):
        if names[label] in labels:
            raise ValueError(
                f'{where}: class name {names[label]!r} stands for labels '
                f'{labels[names[label]]} and {label}; rename one of them'
            )
        labels[names[label]] = label
    return tuple(labels)


def _check_coverage(split: Split, where: str) -> None:
    for key in ('train', 'test'):
        present = {item.label for item in split.part(key)}
        empty = [
            f'{label} ({name})' for label, name in enumerate(split.classes) if label not in present
        ]
        if empty:
            raise ValueError(
                f'{where}: {len(empty)} of {len(split.classes)} classes have no image in {key}: '
                f'{", ".join(empty[:10])}'
            )


def class_split(items: Sequence[Item], which: str, num_classes: int) -> tuple[Item, ...]:
    """Keep the base or the novel half of the classes and renumber their labels from 0.

    Base = the first ``ceil(C / 2)`` labels, novel = the rest (the base-to-new protocol of CoCoOp,
    Zhou et al. 2022). It runs after few-shot sampling, so that the base images of a seed are a part
    of that seed's full subset.

    Args:
        items: Labelled images; their order is kept.
        which: ``all``, ``base`` or ``novel``.
        num_classes: Number of classes C of the whole dataset.

    Returns:
        The images of the chosen classes.

    Raises:
        ValueError: If ``which`` is unknown, or C is below 2 where the classes are to be halved.
    """
    labels = class_range(which, num_classes)
    return tuple(
        item._replace(label=item.label - labels.start) for item in items if item.label in labels
    )


def class_range(which: str, num_classes: int) -> range:
    """The labels that ``which`` (all, base or novel) keeps out of ``num_classes``; see
    :func:`class_split`."""
    if which not in CLASS_SPLITS:
        raise ValueError(f'class_split={which!r} is unknown; allowed: {CLASS_SPLITS}')
    if which == 'all':
        return range(num_classes)
    if num_classes < 2:
        raise ValueError(
            f'class_split={which!r} halves the classes, but there are only {num_classes}'
        )
    middle = (num_classes + 1) // 2
    return range(middle) if which == 'base' else range(middle, num_classes)
