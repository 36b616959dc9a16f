"""The splits of a test loop as they are in a config: what is allowed, and how they change the dataloader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from vamp_mm.structures import as_read

from .harmonic import AVERAGE

_KNOWN, _OUTSIDE = frozenset({'seen', 'dataset'}), frozenset({'outside', 'dataset', 'exclude'})


class SplitError(ValueError):
    """Splits of a test loop that mean nothing; the message names what to change, and a command prints only this message."""


def check_splits(splits: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse splits whose names or keys mean nothing.

    Args:
        splits: Name -> entry, as :class:`~vamp_mm.evaluation.SplitTestLoop` takes them.

    Raises:
        SplitError: If there are none, or one is malformed.
    """
    example = "dict(base=dict(seen=True, dataset=dict(class_split='base')))"
    if not isinstance(splits, Mapping) or not splits:
        raise SplitError(f'splits={splits!r} names no split to test; for example splits={example}')
    for name, entry in splits.items():
        if not isinstance(name, str) or not all(name.split('/')) or name.count('/') > 1:
            raise SplitError(
                f"split name {name!r} must be '<split>' or '<dataset>/<split>': metrics are called "
                '<split>/<metric>'
            )
        if name.split('/')[0] == AVERAGE:
            raise SplitError(f'split name {name!r}: {AVERAGE!r} is the name of the averages')
        allowed = _OUTSIDE if isinstance(entry, Mapping) and 'outside' in entry else _KNOWN
        if not isinstance(entry, Mapping) or set(entry) - allowed:
            raise SplitError(
                f'split {name!r} is {entry!r}; allowed keys: seen (bool) and dataset (overrides), '
                f'for example {example}; or outside (name of another split), dataset and exclude (class names)'
            )
        if not isinstance(entry.get('dataset', {}), Mapping):
            raise SplitError(
                f'split {name!r}: dataset must be a dict of overrides, got {entry["dataset"]!r}'
            )
        if 'outside' in entry:
            _check_outside(name, entry, splits)
        elif not isinstance(entry.get('seen'), bool):
            raise SplitError(
                f'split {name!r} must have seen=True (the model was trained on these classes) or '
                f'seen=False, got {entry.get("seen")!r}'
            )


def _check_outside(name: str, entry: Mapping[str, Any], splits: Mapping[str, Any]) -> None:
    known = [
        other
        for other, item in splits.items()
        if isinstance(item, Mapping) and 'outside' not in item
    ]
    if entry['outside'] not in known:
        raise SplitError(
            f'split {name!r}: outside={entry["outside"]!r} must be a split whose class names the model gets; '
            f'allowed: {known}'
        )
    exclude = entry.get('exclude', ())
    if isinstance(exclude, str) or not all(isinstance(item, str) for item in exclude):
        raise SplitError(f'split {name!r}: exclude={exclude!r} must be a list of class names')


def check_trained_on(trained_on: str | None, splits: Mapping[str, Any]) -> None:
    """Refuse a training dataset that no split is named after.

    Args:
        trained_on: Its name; None for none.
        splits: Name -> entry.

    Raises:
        SplitError: If no split is called ``<trained_on>/...``.
    """
    datasets = sorted({name.split('/')[0] for name in splits if '/' in name})
    if trained_on is not None and trained_on not in datasets:
        raise SplitError(
            f'trained_on={trained_on!r} is not a dataset of the splits {sorted(splits)}; '
            f'allowed: {datasets}'
        )


def check_distinct(splits: Mapping[str, Mapping[str, Any]], configs: Mapping[str, Any]) -> None:
    """Refuse two splits that would give the same numbers.

    Args:
        splits: Name -> entry.
        configs: Name -> config of the split's dataloader.

    Raises:
        SplitError: If two are the same.
    """
    names = list(configs)
    for index, name in enumerate(names):
        for other in names[:index]:
            same = all(
                splits[name].get(key) == splits[other].get(key)
                for key in ('seen', 'outside', 'exclude')
            )
            if same and configs[name] == configs[other]:
                raise SplitError(
                    f'splits {other!r} and {name!r} are the same; give them different datasets, or '
                    'remove one'
                )


def shared_labels(
    name: str, classes: Sequence[str], known: Sequence[str], exclude: Sequence[str]
) -> tuple[int, ...]:
    """Labels of an OOD dataset whose images do not count: they have a known class, or are to be left out.

    Names are compared without regard to case, and with underscores as blanks.

    Args:
        name: Name of the split, for errors.
        classes: Its class names in label order.
        known: Class names that the model gets.
        exclude: More names out of ``classes`` to leave out.

    Returns:
        The labels.

    Raises:
        SplitError: If a name to leave out is not a class of the dataset, or no class is left.
    """
    strange = sorted({as_read(item) for item in exclude} - {as_read(item) for item in classes})
    if strange:
        raise SplitError(
            f'split {name!r}: exclude names {strange}, which are not classes of its dataset: {list(classes)}'
        )
    out = {as_read(item) for item in (*known, *exclude)}
    labels = tuple(label for label, item in enumerate(classes) if as_read(item) in out)
    if len(labels) == len(classes):
        raise SplitError(
            f'split {name!r} has no OOD class: all {len(classes)} of its classes are known or excluded; '
            'test another dataset'
        )
    return labels


def split_dataset(base: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """The dataset of one split.

    Args:
        base: Dataset of the test dataloader.
        entry: The split, whose key ``dataset`` overrides it; where that names a type, it is the whole dataset.

    Returns:
        A new dict.
    """
    return merge(dict(dataset=base), dict(dataset=entry.get('dataset') or {}))['dataset']


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """One nested dict with values replaced by those of another; neither is changed.

    Args:
        base: The one to start from.
        override: Its values count; a dict that names a type replaces the whole dict.

    Returns:
        A new dict.
    """
    merged = dict(base)
    for key, value in override.items():
        inner = merged.get(key)
        # a dict with a type of its own is another thing, not a change of the one before
        if isinstance(value, Mapping) and isinstance(inner, Mapping) and 'type' not in value:
            merged[key] = merge(inner, value)
        else:
            merged[key] = deepcopy(value)
    return merged
