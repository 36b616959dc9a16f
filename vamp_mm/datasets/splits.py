"""The checked lists of a dataset: labelled images for training, validation and test."""

from __future__ import annotations

import posixpath
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from vamp_mm.messages import some

from .class_words import name_fault
from .errors import DataError, brief

#: The three lists of a split file, in the order in which it holds them.
PARTS = ('train', 'val', 'test')
#: The most classes that are read; ImageNet-21k has 21,841.
MAX_CLASSES = 100_000


class Item(NamedTuple):
    """One labelled image: path relative to the image folder, 0-based label, class name."""

    path: str
    label: int
    name: str


@dataclass(frozen=True)
class Split:
    """The checked lists of a dataset; an empty list is one that the dataset does not have.

    Args:
        classes: The C class names in label order.
        train: Training images in list order; none in a set that is made for testing only.
        val: Validation images in list order, possibly none.
        test: Test images in list order.
        val_is_test: The validation images are the test images (ImageNet); they are never sampled.
        homonyms: Names that stand for more than one label of ``classes``, known to do so.
    """

    classes: tuple[str, ...]
    train: tuple[Item, ...]
    val: tuple[Item, ...]
    test: tuple[Item, ...]
    val_is_test: bool = False
    homonyms: tuple[str, ...] = ()

    def part(self, name: str) -> tuple[Item, ...]:
        """The list called ``name``: train, val or test."""
        if name not in PARTS:
            raise ValueError(f'split={name!r} is unknown; allowed: {PARTS}')
        return getattr(self, name)


def make_split(
    lists: Mapping[str, Sequence[Item]],
    where: str,
    required: Sequence[str] = ('train', 'test'),
    val_is_test: bool = False,
    homonyms: Sequence[str] = (),
) -> Split:
    """Check lists of images and put them together.

    Args:
        lists: Part (train, val, test) -> images in list order; a part that is absent is empty.
        where: Name of the source, for messages.
        required: Parts in which every class must have an image; ``('test',)`` for a set that is
            made for testing only.
        val_is_test: Use the test images for validation too; ``lists`` must have no ``val`` then.
        homonyms: Class names that may stand for several labels. All others may not.

    Returns:
        The checked split.

    Raises:
        ValueError: If a part or path is wrong, labels have gaps, a label has two names or a name
            two labels, a class has no image in a required part, or an image is listed twice (in
            two parts that is a leak).
    """
    unknown = sorted(set(lists) - set(PARTS))
    if unknown or (val_is_test and lists.get('val')):
        raise DataError(
            f'{where}: lists {sorted(lists)} with val_is_test={val_is_test}; allowed: {PARTS}, '
            'and no val where val_is_test=True'
        )
    full = {key: tuple(lists.get(key, ())) for key in PARTS}
    check_items(full, where)
    _check_paths(full, where)
    classes = _class_names(full, where, homonyms)
    counts = Counter(classes)
    if val_is_test:
        full['val'] = full['test']
    split = Split(
        classes=classes,
        **full,
        val_is_test=val_is_test,
        homonyms=tuple(name for name in homonyms if counts[name] > 1),
    )
    _check_coverage(split, where, required)
    return split


def check_items(lists: Mapping[str, Sequence[Item]], where: str) -> None:
    """Check each image on its own.

    Args:
        lists: Part -> its images.
        where: Name of the source, for messages.

    Raises:
        DataError: If a path, label or class name is malformed, or a path leaves the image folder.
    """
    for key, items in lists.items():
        for index, item in enumerate(items):
            _check_item(item, f'{where}: {key}[{index}]')


def _check_item(item: Item, where: str) -> None:
    path, label, name = item
    if not isinstance(path, str) or not path:
        raise DataError(f'{where}: the path is {brief(path)}; expected a non-empty string')
    # bool is an int in Python, but `true` in the file is not a label
    if type(label) is not int or label < 0:
        raise DataError(
            f'{where} ({path}): the label is {brief(label)}; expected an integer from 0 on'
        )
    if not isinstance(name, str) or not name.strip():
        raise DataError(
            f'{where} ({path}): the class name is {brief(name)}; expected a non-empty string'
        )
    # plain string tests: ImageNet has 1.3 million paths
    if path[0] in '/\\' or path[1:2] == ':':
        raise DataError(
            f'{where}: {path!r} is absolute; paths must be relative to the image folder'
        )
    if '..' in path and '..' in path.replace('\\', '/').split('/'):
        raise DataError(f"{where}: {path!r} leaves the image folder through '..'")


def _check_paths(lists: dict[str, tuple[Item, ...]], where: str) -> None:
    seen: dict[str, str] = {}
    for key, items in lists.items():
        for item in items:
            path = posixpath.normpath(item.path)
            if not path.isascii():
                path = unicodedata.normalize('NFC', path)
            if path in seen:
                what = (
                    f'occurs twice in {key}'
                    if seen[path] == key
                    else f'is in {seen[path]} and in {key}: that leaks one into the other'
                )
                raise DataError(
                    f'{where}: image {item.path!r} {what}; every image may be listed once'
                )
            seen[path] = key


def _class_names(
    lists: dict[str, tuple[Item, ...]], where: str, homonyms: Sequence[str]
) -> tuple[str, ...]:
    names: dict[int, str] = {}
    for item in (item for items in lists.values() for item in items):
        if names.setdefault(item.label, item.name) != item.name:
            raise DataError(
                f'{where}: label {brief(item.label)} has two names, {names[item.label]!a} and '
                f'{item.name!a} ({item.path})'
            )
    if not names:
        raise DataError(f'{where} lists no image at all')
    _check_labels(names, where)
    labels: dict[str, int] = {}
    for label in range(len(names)):
        if names[label] in labels and names[label] not in homonyms:
            raise DataError(
                f'{where}: class name {names[label]!r} stands for labels '
                f'{labels[names[label]]} and {label}; rename one of them'
            )
        labels[names[label]] = label
    return tuple(names[label] for label in range(len(names)))


def _check_labels(names: Mapping[int, str], where: str) -> None:
    if len(names) > MAX_CLASSES:
        raise DataError(f'{where} has {len(names):,} classes; at most {MAX_CLASSES:,} are allowed')
    if max(names) >= len(names):
        # counted up, not listed: the largest label is what the file says, 10**9 in 200 bytes
        gaps = list(islice((label for label in range(max(names)) if label not in names), 10))
        raise DataError(
            f'{where}: labels must run from 0 to C-1 without gaps; there are {len(names)}, the '
            f'largest is {brief(max(names))}, missing: {gaps}'
        )
    for label, name in names.items():
        fault = name_fault(name)
        if fault:
            raise DataError(f'{where}: the class name of label {label} {fault}')


def _check_coverage(split: Split, where: str, required: Sequence[str]) -> None:
    for key in required:
        present = {item.label for item in split.part(key)}
        empty = [
            f'{label} ({name})' for label, name in enumerate(split.classes) if label not in present
        ]
        if empty:
            raise DataError(
                f'{where}: {len(empty)} of {len(split.classes)} classes have no image in {key}: '
                f'{some(empty)}'
            )
