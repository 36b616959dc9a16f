"""What the keys of a protocol vector mean, as functions of a split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from vamp_mm.datasets import Item, Split, class_split, few_shot_part
from vamp_mm.datasets.class_splits import class_range
from vamp_mm.datasets.digests import list_digest
from vamp_mm.datasets.splits import PARTS

#: Stands for the value of a key that has no meaning here.
UNKNOWN = object()

_SUBSET = re.compile(r'shots?_?(\d+)-seed_?(\d+)')
#: Vectors say ``new`` where we say ``novel``.
_HALVES = {'base': 'base', 'new': 'novel', 'novel': 'novel'}
_VALUE = re.compile(
    r'(?:(?P<half>base|new|novel)_)?(?:(?P<part>train|val|test)_)?(?P<what>n|sha256|first\d+)'
)

Lists = dict[str, tuple[Item, ...]]


def recompute(split: Split, key: tuple[str, ...]) -> Any:
    """Compute the value of one key of a vector.

    Args:
        split: The lists of the dataset.
        key: Its path below the name of the dataset, for example ``('fewshot', 'shot_4-seed_1', 'train_sha256')``.

    Returns:
        The value; :data:`UNKNOWN` if the key has no meaning; a sentence if the subset cannot be drawn or the
        classes not be halved.
    """
    try:
        return _recompute(split, key)
    except ValueError as error:
        return str(error)


def _recompute(split: Split, key: tuple[str, ...]) -> Any:
    lists = {part: split.part(part) for part in PARTS}
    head, *rest = key
    subset = _SUBSET.fullmatch(rest[0]) if head == 'fewshot' and len(rest) == 2 else None
    if subset:
        shots, seed = map(int, subset.groups())
        return _few_shot(split, shots, seed, rest[1])
    if head in _HALVES and rest:
        which = _HALVES[head]
        halves = {
            part: class_split(items, which, len(split.classes)) for part, items in lists.items()
        }
        return _full(halves, len(class_range(which, len(split.classes))), rest)
    return _full(lists, len(split.classes), list(key))


def _full(lists: Lists, num_classes: int, key: list[str]) -> Any:
    """``n_classes``, ``<what>.<part>`` or ``<part>_<what>`` of full lists."""
    if key == ['n_classes']:
        return num_classes
    tables: dict[str, Callable[[tuple[Item, ...]], Any]] = {
        'sizes': len,
        'sha256': list_digest,
        'min_per_class': lambda items: _smallest(items, num_classes),
    }
    if len(key) == 2 and key[0] in tables and key[1] in PARTS:
        return tables[key[0]](lists[key[1]])
    match = _VALUE.fullmatch(key[0]) if len(key) == 1 else None
    if match and match['part'] and not match['half']:
        return _value(lists[match['part']], match['what'])
    return UNKNOWN


def _few_shot(split: Split, shots: int, seed: int, name: str) -> Any:
    match = _VALUE.fullmatch(name)
    if not match or match['part'] not in ('train', 'val'):
        return UNKNOWN
    items = few_shot_part(split, match['part'], shots, seed, allow_short=True)
    if match['half']:
        items = class_split(items, _HALVES[match['half']], len(split.classes))
    return _value(items, match['what'])


def _value(items: tuple[Item, ...], what: str) -> Any:
    if what == 'n':
        return len(items)
    if what == 'sha256':
        return list_digest(items)
    return [list(item) for item in items[: int(what.removeprefix('first'))]]


def _smallest(items: tuple[Item, ...], num_classes: int) -> int:
    counts = Counter(item.label for item in items)
    return min(counts[label] for label in range(num_classes))
