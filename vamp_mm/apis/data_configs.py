"""Where the datasets of an experiment stand in a config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config

#: Dataloader -> the part that its dataset reads.
LOADERS = {'train_dataloader': 'train', 'val_dataloader': 'val', 'test_dataloader': 'test'}


def holders(cfg: Config) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The dicts whose key ``dataset`` is the dataset that takes shots, seed and class split.

    Wrappers such as RepeatDataset are gone through; FewShotWrapper is such a dataset itself.

    Args:
        cfg: A config.

    Yields:
        tuple[str, str, dict[str, Any]]: Name of the dataloader, dotted path of the dataset, dict.
    """
    for loader in LOADERS:
        if cfg.get(loader):
            holder, path = cfg[loader], f'{loader}.dataset'
            while 'dataset' in holder['dataset'] and not _samples(holder['dataset']):
                holder, path = holder['dataset'], f'{path}.dataset'
            yield loader, path, holder


def _samples(dataset: dict[str, Any]) -> bool:
    kind = dataset.get('type')
    name = kind if isinstance(kind, str) else getattr(kind, '__name__', '')
    return name.split('.')[-1] == 'FewShotWrapper'
