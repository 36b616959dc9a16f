"""Dataloaders of a config as torch takes them."""

from __future__ import annotations

from mmengine.config import Config

#: Keys that only mean something with loading processes: torch refuses them without.
_OF_WORKERS = ('persistent_workers', 'prefetch_factor', 'timeout', 'multiprocessing_context')


def settle_loaders(cfg: Config) -> None:
    """Leave out, in place, what torch refuses where ``num_workers`` is 0: loading in the process itself.

    Args:
        cfg: The config of a run; the dicts in it are not changed.
    """
    for key in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg.get(key)
        if loader and not loader.get('num_workers', 0):
            cfg[key] = {name: value for name, value in loader.items() if name not in _OF_WORKERS}
