"""Options of a command that concern every dataset of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from mmengine.config import Config

from vamp_mm.datasets import CATALOG

from .errors import ConfigError

_DEFAULT = 'data/'
_PLACES = ('train_dataloader', 'val_dataloader', 'test_dataloader', 'val_cfg', 'test_cfg')


def set_data_root(cfg: Config, root: str) -> None:
    """Look for all datasets of a config in another folder than ``data``, in place.

    Args:
        cfg: The config to change.
        root: Folder that holds the folders of the datasets (``caltech-101``, ``dtd``, ...).

    Raises:
        ConfigError: If no dataset of the config is in ``data``.
    """
    datasets = list(_with_data_root(cfg))
    moved = [item for item in datasets if item['data_root'].startswith(_DEFAULT)]
    for item in moved:
        item['data_root'] = os.path.join(root, item['data_root'].removeprefix(_DEFAULT))
    if not moved:
        found = sorted({item['data_root'] for item in datasets})
        raise ConfigError(
            [f"--data-root replaces 'data', and no dataset of this config is there: {found}"],
            cfg.filename,
        )


def allow_new_splits(cfg: Config) -> None:
    """Let the datasets of a config make lists of their own where a published split file is missing, in place.

    Args:
        cfg: The config to change.

    Raises:
        ConfigError: If that concerns none of its datasets.
    """
    found = []
    for item in _with_data_root(cfg):
        source = item.get('source')
        row = CATALOG.get(source) if isinstance(source, str) else None
        if row is not None and row.can_split_anew:
            item['source'] = dict(type='vamp_mm.CatalogSource', name=row.name, new_split=True)
            found.append(row.name)
    if not found:
        able = [name for name, row in CATALOG.items() if row.can_split_anew]
        raise ConfigError(
            [
                f'--new-split has no effect on the datasets of this config; it is for {", ".join(able)}'
            ],
            cfg.filename,
        )


def _with_data_root(cfg: Config) -> Iterator[MutableMapping[str, Any]]:
    for key in _PLACES:
        yield from _walk(cfg.get(key))


def _walk(value: Any) -> Iterator[MutableMapping[str, Any]]:
    if isinstance(value, MutableMapping):
        if isinstance(value.get('data_root'), str):
            yield value
        for item in list(value.values()):
            yield from _walk(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _walk(item)
