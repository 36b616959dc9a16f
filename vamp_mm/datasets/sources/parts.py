"""What the parts that a user has serve for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from vamp_mm.messages import some

from ..errors import DataError
from ..splits import Item

VAL_IS_TEST = 'there is no test part, so val is the test list, as on ImageNet, and nothing else'


def arrange(present: Collection[str], where: str) -> dict[str, str] | None:
    """Which part serves as which.

    Args:
        present: Some of train, val and test.
        where: Name of the source, for the message.

    Returns:
        Part -> the part of the user that serves as it; test alone serves for testing only, and
        where there are train and val, val is the test list. None where the images still have to be
        divided: there is nothing but train.

    Raises:
        DataError: If there is a part besides train, and no train.
    """
    have = set(present)
    if have == {'train'}:
        return None
    if have == {'train', 'val'}:
        return {'train': 'train', 'test': 'val'}
    if have == {'test'} or {'train', 'test'} <= have:
        return {part: part for part in ('train', 'val', 'test') if part in have}
    raise DataError(
        f'{where} has the parts {sorted(have)}; allowed: train and test, with or without val; train '
        'and val; train alone (it is divided); or test alone (for testing only)'
    )


def check_same_classes(
    lists: Mapping[str, Sequence[Item]], names: Sequence[str], where: str
) -> None:
    """Refuse lists where a class is in train or test only, naming all such classes.

    Args:
        lists: Part -> images; ``val`` may lack classes.
        names: All class names.
        where: Name of the source, for the message.

    Raises:
        DataError: If a class lacks images in train or test.
    """
    for part in ('train', 'test'):
        if part not in lists:
            continue
        there = {item.name for item in lists[part]}
        lacking = [name for name in names if name not in there]
        if lacking:
            raise DataError(
                f'{where}: {len(lacking)} of {len(names)} class(es) have no image in {part}: '
                f'{some(lacking)}. Every class needs images in {_and(lists)}: add some, or '
                'take the class out'
            )


def _and(lists: Mapping[str, Sequence[Item]]) -> str:
    return ' and '.join(part for part in ('train', 'test') if part in lists)
