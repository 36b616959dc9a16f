"""Training, validation and test lists where the data come without them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from vamp_mm.messages import some

from ..errors import DataError
from ..splits import Item
from .recipes import split_all

#: The fewest images of which ``round(0.5 n)``, ``round(0.2 n)`` and the rest are all at least one.
_NEEDED = 4


def divide(classes: Mapping[str, Sequence[str]], seed: int, where: str) -> dict[str, list[Item]]:
    """Divide every class 50 / 20 / 30 by the recipe of CoOp (Zhou et al. 2022).

    See :func:`~vamp_mm.datasets.sources.recipes.split_all`; one private generator serves all
    classes in label order.

    Args:
        classes: Class name -> paths of its n images, in label order; both orders matter.
        seed: Seed of the generator.
        where: Name of the source, for the message.

    Returns:
        train, val and test: class after class, inside a class in shuffled order.

    Raises:
        DataError: If classes are too small to give every part an image (below 4), naming them.
    """
    short = [f'{name!r} ({len(paths)})' for name, paths in classes.items() if len(paths) < _NEEDED]
    if short:
        raise DataError(
            f'{where}: {len(short)} class(es) have too few images to be divided 50/20/30 into '
            f'train, val and test ({_NEEDED} are needed): {some(short)}. Add images, remove the '
            'class, or lay out train/ and test/ yourself'
        )
    items = [
        Item(path, label, name)
        for label, (name, paths) in enumerate(classes.items())
        for path in paths
    ]
    return split_all(items, random.Random(seed))
