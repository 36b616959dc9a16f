"""Which protocol a config or result follows that does not name one: configs of users, and results of older versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .protocol_table import (
    BASE_TO_NOVEL,
    CROSS_DATASET,
    DOMAIN_GENERALIZATION,
    FEW_SHOT,
    OPEN,
    OTHER,
    PROTOCOLS,
    spelled,
)

_SPLITS = {
    frozenset({'base', 'novel'}): BASE_TO_NOVEL,
    frozenset({'all'}): FEW_SHOT,
    frozenset({'open'}): OPEN,
}


def protocol_of_splits(test_cfg: Mapping[str, Any]) -> str | None:
    """The protocol of a test loop, by the names of its splits.

    Args:
        test_cfg: Config of the loop; OOD splits do not count.

    Returns:
        A name of the table, None if the splits are those of no protocol.
    """
    names = frozenset(
        name for name, split in (test_cfg.get('splits') or {}).items() if 'outside' not in split
    )
    if names in _SPLITS:
        return _SPLITS[names]
    if names and all('/' in name for name in names):
        targets = {name.split('/')[0] for name in names} - {test_cfg.get('trained_on')}
        variants = targets and all(name.startswith('imagenet') for name in targets)
        return DOMAIN_GENERALIZATION if variants else CROSS_DATASET
    return None


def protocol_of_metrics(protocol: str | None, metrics: Mapping[str, float]) -> str:
    """The protocol whose tables a result belongs to.

    Args:
        protocol: What the result names; it counts where the result has its metrics.
        metrics: All metrics.

    Returns:
        A name of the table, or ``'other'``.
    """
    named = PROTOCOLS.get(spelled(protocol) or '')
    if named is not None and named.measured_by(metrics):
        return named.name
    found = (item.name for item in PROTOCOLS.values() if item.measured_by(metrics))
    return next(found, OTHER)
