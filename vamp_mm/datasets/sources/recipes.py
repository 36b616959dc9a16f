"""How CoOp cut official lists into train, val and test.

Each function takes a private generator; ``random.Random(1)`` gives the published lists where the
order of the input is the authors'.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..errors import DataError
from ..splits import Item

#: Seed with which the published split files were made.
PUBLISHED_SEED = 1


def by_label(items: Sequence[Item]) -> dict[int, list[Item]]:
    """Group items by label: groups in order of first appearance, items in list order."""
    groups: dict[int, list[Item]] = {}
    for item in items:
        groups.setdefault(item.label, []).append(item)
    return groups


def split_all(
    items: Sequence[Item], rng: random.Random, train: float = 0.5, val: float = 0.2
) -> dict[str, list[Item]]:
    """Shuffle every class and cut it into three parts (Caltech101, DTD, EuroSAT, Food101, Flowers102).

    Args:
        items: All images, class after class or mixed.
        rng: Private generator; it is advanced.
        train: Share of the training images of a class, rounded half to even.
        val: Share of the validation images.

    Returns:
        The lists ``train``, ``val`` and ``test`` (the rest).

    Raises:
        ValueError: If a class is too small for three parts.
    """
    lists: dict[str, list[Item]] = dict(train=[], val=[], test=[])
    for group in by_label(items).values():
        rng.shuffle(group)
        first = round(train * len(group))
        second = first + round(val * len(group))
        if not 0 < first < second < len(group):
            raise DataError(
                f'class {group[0].name!r} has {len(group)} images, too few to cut into train '
                f'({train:g}), val ({val:g}) and test'
            )
        lists['train'] += group[:first]
        lists['val'] += group[first:second]
        lists['test'] += group[second:]
    return lists


def split_trainval(
    items: Sequence[Item], rng: random.Random, val: float = 0.2
) -> dict[str, list[Item]]:
    """Take a validation list out of an official training list (Pets, Cars, SUN397, UCF101).

    Args:
        items: The official training images in file order.
        rng: Private generator; it is advanced.
        val: Share of the validation images of a class, rounded half to even.

    Returns:
        The lists ``train`` and ``val``, in shuffled order inside a class.

    Raises:
        ValueError: If a class is too small for two parts.
    """
    lists: dict[str, list[Item]] = dict(train=[], val=[])
    for group in by_label(items).values():
        count = round(val * len(group))
        if not 0 < count < len(group):
            raise DataError(
                f'class {group[0].name!r} has {len(group)} images, too few to take {val:g} of '
                'them for validation'
            )
        rng.shuffle(group)
        lists['val'] += group[:count]
        lists['train'] += group[count:]
    return lists


def complete(lists: dict[str, list[Item]], rng: random.Random) -> dict[str, list[Item]]:
    """Cut what official files leave whole: ``all`` images, or ``trainval``.

    Args:
        lists: Lists of the official files.
        rng: Private generator; it is advanced.

    Returns:
        Lists called train, val and test only.
    """
    lists = dict(lists)
    if 'all' in lists:
        return split_all(lists['all'], rng)
    if 'trainval' in lists:
        return split_trainval(lists.pop('trainval'), rng) | lists
    return lists
