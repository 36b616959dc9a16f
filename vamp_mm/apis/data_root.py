"""One folder of datasets in the place of ``data/``."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from mmengine.config import Config

from .errors import ConfigError

_DEFAULT = 'data/'
_PLACES = ('train_dataloader', 'val_dataloader', 'test_dataloader', 'val_cfg', 'test_cfg')


def set_data_root(cfg: Config, root: str) -> None:
    """Look for all datasets of a config in another folder than ``data``, in place.

    Args:
        cfg: The config to change.
        root: Folder that holds the folders of the datasets (``caltech-101``, ``dtd``, ...).

    Raises:
        ConfigError: If no dataset of the config lies in ``data``.
    """
    datasets = [item for key in _PLACES for item in _with_data_root(cfg.get(key))]
    moved = [item for item in datasets if item['data_root'].startswith(_DEFAULT)]
    for item in moved:
        item['data_root'] = os.path.join(root, item['data_root'].removeprefix(_DEFAULT))
    if not moved:
        found = sorted({item['data_root'] for item in datasets})
        raise ConfigError([f"--data-root takes the place of 'data', and no dataset of this config lies there: {found}"],
                          cfg.filename)


def _with_data_root(value: Any) -> Iterator[MutableMapping]:
    if isinstance(value, MutableMapping):
        if isinstance(value.get('data_root'), str):
            yield value
        for item in value.values():
            yield from _with_data_root(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _with_data_root(item)
