"""Few-shot sampling by the rule of the CoOp family (Dassl): a pure function of list order, shots
and seed."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .errors import DataError, brief
from .splits import Item, Split

#: The validation subset has at most this many images per class.
MAX_VAL_SHOTS = 4


def few_shot_subset(
    items: Sequence[Item],
    shots: int,
    rng: random.Random,
    allow_short: bool = False,
    part: str = 'train',
) -> tuple[Item, ...]:
    """Draw ``shots`` images of every class.

    Classes come in the order of their first appearance in the list (not in label order), and each
    draws with ``rng.sample``. A short class consumes no random number.

    Args:
        items: Labelled images in file order.
        shots: Images per class, at least 1.
        rng: Private generator; it is advanced.
        allow_short: Take all images of a class that has fewer than ``shots``, as the original
            protocol does, instead of raising.
        part: Name of the list, for the error.

    Returns:
        The subset: class after class, inside a class in the order drawn.

    Raises:
        ValueError: If ``shots`` is below 1, or a class is short and ``allow_short`` is off.
    """
    if shots < 1:
        raise ValueError(f'shots={shots} must be at least 1')
    groups: dict[int, list[Item]] = {}
    for item in items:
        groups.setdefault(item.label, []).append(item)
    subset: list[Item] = []
    for label, group in groups.items():
        if len(group) >= shots:
            subset.extend(rng.sample(group, shots))
        elif allow_short:
            subset.extend(group)
        else:
            raise DataError(
                f'class {group[0].name!r} (label {label}) has {len(group)} images in {part}, '
                f'fewer images than shots={brief(shots)}; train with --shots {min(map(len, groups.values()))}, or take all '
                'it has with --cfg-options train_dataloader.dataset.allow_short=True'
            )
    return tuple(subset)


def check_seed(seed: int, key: str = 'seed') -> None:
    """Refuse what names no few-shot subset.

    Args:
        seed: The seed.
        key: What it is called, for the message.

    Raises:
        DataError: If it is not an integer of at least 0: ``random.Random(-1)`` draws what 1 does, ``None`` other images each
            time.
    """
    if type(seed) is not int or seed < 0:  # True is an int in Python
        raise DataError(f'{key}={seed!r} must be an integer from 0 on, such as 1')


def few_shot_part(
    split: Split, part: str, shots: int, seed: int, allow_short: bool = False
) -> tuple[Item, ...]:
    """The training or validation subset of one seed.

    Training images are drawn first; validation, ``min(shots, 4)`` a class, continues the same
    random stream.

    Args:
        split: The full lists.
        part: ``train`` or ``val``.
        shots: Training images per class, at least 1.
        seed: Seed of a private generator.
        allow_short: See :func:`few_shot_subset`.

    Returns:
        The subset; all validation images where they are the test images.

    Raises:
        ValueError: If ``part`` is neither, or as :func:`few_shot_subset` and :func:`check_seed`.
    """
    check_seed(seed)
    if part not in ('train', 'val'):
        raise ValueError(f"part={part!r} cannot be sampled; allowed: ('train', 'val')")
    if part == 'val' and split.val_is_test:
        return split.val  # the protocol tests on all of them
    rng = random.Random(seed)
    train = few_shot_subset(split.train, shots, rng, allow_short, 'train')
    return (
        train
        if part == 'train'
        else few_shot_subset(split.val, min(shots, MAX_VAL_SHOTS), rng, allow_short, 'val')
    )
