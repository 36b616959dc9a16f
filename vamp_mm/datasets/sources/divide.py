"""Training, validation and test lists where the data come without them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from ..errors import DataError, some
from ..splits import Item

#: Share of a class that goes to train and to val; the rest is test.
SHARES = (0.5, 0.2)


def divide(
    classes: Mapping[str, Sequence[str]], seed: int, where: str
) -> dict[str, tuple[Item, ...]]:
    """Divide every class 50 / 20 / 30 by the recipe of CoOp (Zhou et al. 2022).

    One private generator serves all classes in label order. Each shuffles its images and gives the
    first ``round(0.5 n)`` to train, the next ``round(0.2 n)`` to val and the rest to test.

    Args:
        classes: Class name -> paths of its n images, in label order; both orders matter.
        seed: Seed of the generator.
        where: Name of the source, for the message.

    Returns:
        train, val and test: class after class, inside a class in shuffled order.

    Raises:
        DataError: If a class is too small to give every part an image (below 4).
    """
    rng = random.Random(seed)
    lists: dict[str, list[Item]] = {'train': [], 'val': [], 'test': []}
    short = []
    for label, (name, paths) in enumerate(classes.items()):
        shuffled = list(paths)
        rng.shuffle(shuffled)
        train = round(SHARES[0] * len(shuffled))
        val = train + round(SHARES[1] * len(shuffled))
        cuts = {
            'train': shuffled[:train], 'val': shuffled[train:val], 'test': shuffled[val:]}  # fmt: skip
        if not all(cuts.values()):
            short.append(f'{name!r} ({len(shuffled)})')
        for part, chosen in cuts.items():
            lists[part] += [Item(path, label, name) for path in chosen]
    if short:
        raise DataError(
            f'{where}: {len(short)} class(es) have too few images to be divided 50/20/30 into '
            f'train, val and test (4 are needed): {some(short)}. Add images, remove the class, or '
            'lay out train/ and test/ yourself'
        )
    return {part: tuple(items) for part, items in lists.items()}
