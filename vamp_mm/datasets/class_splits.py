"""All, base or novel classes of a dataset."""

from __future__ import annotations

from collections.abc import Sequence

from mmengine.logging import MMLogger

from .errors import DataError
from .splits import Item

#: What :func:`class_split` accepts.
CLASS_SPLITS = ('all', 'base', 'novel')


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
        raise DataError(
            f'class_split={which!r} halves the classes, but there are only {num_classes}'
        )
    middle = (num_classes + 1) // 2
    return range(middle) if which == 'base' else range(middle, num_classes)


def check_choice(names: Sequence[str], split: str, which: str) -> None:
    """Refuse to train on one class, and say that a test on one class means nothing.

    Args:
        names: The classes that a dataset keeps.
        split: ``train``, ``val`` or ``test``.
        which: ``all``, ``base`` or ``novel``, for the message.

    Raises:
        DataError: If there is one class to train on: its probability is 1 whatever the model does.
    """
    if len(names) > 1:
        return
    what = f'there is one class only, {names[0]!r} (class_split={which!r}), and its probability is 1 whatever the model does'
    if split == 'train' and which != 'novel':  # nobody trains on novel classes
        raise DataError(f'{what}, so nothing is learnt; two classes or more are needed to train on')
    MMLogger.get_current_instance().warning(
        f'{what}, so an accuracy of 100 on the {split} images means nothing'
    )


def base_classes(which: str, num_classes: int) -> int:
    """How many of the leading labels that ``which`` keeps out of ``num_classes`` are base classes."""
    if which == 'novel':
        return 0
    return len(class_range('base', num_classes)) if num_classes > 1 else num_classes
