"""Harmonic mean of base and novel accuracy, and its rule over datasets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class BaseNovel(NamedTuple):
    """Base accuracy, novel accuracy and their harmonic mean, all in the unit they were given in."""

    base: float
    novel: float
    h: float


def harmonic_mean(base: float, novel: float) -> float:
    """``2 b n / (b + n)``; 0 if both are 0.

    Args:
        base: Accuracy on base classes (percent or fraction).
        novel: Accuracy on novel classes, in the same unit.

    Returns:
        The harmonic mean in that unit.

    Raises:
        ValueError: If a value is negative, infinite or not a number.
    """
    for key, value in (('base', base), ('novel', novel)):
        if not math.isfinite(value) or value < 0:
            raise ValueError(
                f'{key}={value} is no accuracy; a harmonic mean needs finite values of 0 or more'
            )
    return 2.0 * base * novel / (base + novel) if base + novel > 0 else 0.0


def aggregate(base: Sequence[float], novel: Sequence[float]) -> BaseNovel:
    """Average several runs, or several datasets, by the rule of the field.

    Base and novel accuracy are averaged first and the harmonic mean is taken of the two averages;
    the average of harmonic means is another, lower number. Apply it over the seeds of a dataset,
    then over the datasets' averages.

    Args:
        base: Base accuracies, one per run.
        novel: Novel accuracies, one per run, in the same order.

    Returns:
        The averages and the harmonic mean of the averages.

    Raises:
        ValueError: If there are none, or not equally many of both, or as in :func:`harmonic_mean`.
    """
    if len(base) != len(novel) or not base:
        raise ValueError(
            f'got {len(base)} base and {len(novel)} novel accuracies; needs one pair per run'
        )
    for pair in zip(base, novel, strict=True):
        harmonic_mean(*pair)  # a negative value must not hide in the average
    means = math.fsum(base) / len(base), math.fsum(novel) / len(novel)
    return BaseNovel(*means, harmonic_mean(*means))
