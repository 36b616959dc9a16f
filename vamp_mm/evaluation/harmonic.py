"""Harmonic mean of base and novel accuracy, and the rules over runs and datasets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: Takes the place of a dataset's name in averages over datasets.
AVERAGE = 'average'


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
                f'{key}={value} is not an accuracy; a harmonic mean needs finite values of 0 or more'
            )
    return 2.0 * base * novel / (base + novel) if base + novel > 0 else 0.0


def aggregate(base: Sequence[float], novel: Sequence[float]) -> BaseNovel:
    """Average several runs, or several datasets, by the rule of the field.

    Base and novel accuracy are averaged first and the harmonic mean is taken of the two averages;
    the average of harmonic means is a different, lower number. Apply it over the seeds of a dataset,
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


def summary(metrics: Mapping[str, float], trained_on: str | None = None) -> dict[str, float]:
    """Harmonic means and averages over datasets of one test run.

    - ``base`` and ``novel`` of one unnamed dataset give ``H``, those of a named one ``<dataset>/H``.
    - A split that two or more datasets have gives ``average/<split>/accuracy``, the plain mean
      without the dataset that was trained on (cross-dataset tables of CoCoOp).
    - ``average/H`` is the harmonic mean of the averages, not the average of harmonic means. It is
      given where the same datasets have both halves.

    Args:
        metrics: ``<split>/accuracy`` or ``<dataset>/<split>/accuracy`` -> percent; other names are
            passed over.
        trained_on: Dataset to leave out of the averages.

    Returns:
        The new entries only.
    """
    table: dict[str, dict[str, float]] = {}  # split -> dataset ('' if unnamed) -> accuracy
    for name, value in metrics.items():
        *dataset, split, metric = ['', *name.split('/')][-3:]
        if metric == 'accuracy' and name.count('/') in (1, 2):
            table.setdefault(split, {})[dataset[0]] = value
    found: dict[str, float] = {}
    base, novel = table.get('base', {}), table.get('novel', {})
    for dataset_name in base:
        if dataset_name in novel:
            key = f'{dataset_name}/H' if dataset_name else 'H'
            found[key] = harmonic_mean(base[dataset_name], novel[dataset_name])
    averaged: dict[str, list[str]] = {}
    for split, row in table.items():
        averaged[split] = [name for name in row if name and name != trained_on]
        if len(averaged[split]) > 1:
            values = [row[name] for name in averaged[split]]
            found[f'{AVERAGE}/{split}/accuracy'] = math.fsum(values) / len(values)
    targets = averaged.get('base', [])
    if len(targets) > 1 and set(targets) == set(averaged.get('novel', [])):
        pairs = [base[name] for name in targets], [novel[name] for name in targets]
        found[f'{AVERAGE}/H'] = aggregate(*pairs).h
    return found
