"""Where the datasets of an experiment are in a config, and other data in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mmengine.config import Config

from .errors import ConfigError

#: Dataloader -> the part that its dataset reads.
LOADERS = {'train_dataloader': 'train', 'val_dataloader': 'val', 'test_dataloader': 'test'}

#: What of a dataset belongs to the method and the experiment, not to the data: transforms (and with them the image
#: size, which is the backbone's), shots, seeds, class split.
KEPT = (
    'allow_short',
    'augment_seed',
    'cache_mb',
    'class_split',
    'pipeline',
    'seed',
    'shots',
    'split',
    'unreadable',
)


def holders(cfg: Config | Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The dicts whose key ``dataset`` is the dataset that takes shots, seed and class split.

    The search looks inside wrappers such as RepeatDataset; FewShotWrapper is such a dataset itself.

    Args:
        cfg: A config, or dataloaders by their keys.

    Yields:
        tuple[str, str, dict[str, Any]]: Name of the dataloader, dotted path of the dataset, dict.
    """
    for loader in LOADERS:
        if cfg.get(loader):
            holder, path = cfg[loader], f'{loader}.dataset'
            while 'dataset' in holder['dataset'] and not _samples(holder['dataset']):
                holder, path = holder['dataset'], f'{path}.dataset'
            yield loader, path, holder


def replace_data(cfg: Config, new: Callable[[str], Mapping[str, Any]]) -> None:
    """Replace the data of a config, in place; :data:`KEPT` stays as it is.

    Args:
        cfg: The config to change.
        new: Gives the dataset for a dataloader.

    Raises:
        ConfigError: If the config has no dataset to replace.
    """
    places = list(holders(cfg))
    if not places:
        raise ConfigError(
            ['--dataset replaces the data of a config, and this one has none'], cfg.filename
        )
    for loader, _, holder in places:
        kept = {key: holder['dataset'][key] for key in KEPT if key in holder['dataset']}
        holder['dataset'] = {**new(loader), **kept}


def _samples(dataset: dict[str, Any]) -> bool:
    kind = dataset.get('type')
    name = kind if isinstance(kind, str) else getattr(kind, '__name__', '')
    return name.split('.')[-1] == 'FewShotWrapper'
