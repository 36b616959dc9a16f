"""Class names and templates of the data that a config names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config

from vamp_mm.datasets.prompts import dataset_vocabulary
from vamp_mm.datasets.sources.base import DEFAULT_TEMPLATE, build_source
from vamp_mm.registry import DATASETS
from vamp_mm.structures import Vocabulary

from .errors import ConfigError

#: Dataloaders in the order in which they are searched, by the purpose.
OF_TRAINING = ('train_dataloader', 'test_dataloader')
OF_TESTING = ('test_dataloader', 'train_dataloader')


def config_vocabulary(
    cfg: Config, names: Sequence[str] | None = None, loaders: Sequence[str] = OF_TRAINING
) -> Vocabulary:
    """The classes of a config's data, or given ones with the templates of these data.

    Args:
        cfg: A config.
        names: Class names; None reads those of the dataset, whose lists must then be there.
        loaders: Dataloaders; the first one that the config has is asked.

    Returns:
        The vocabulary.

    Raises:
        ConfigError: If no names are given and the config has no data.
        DataError: If names coincide or the lists are wrong.
        FileNotFoundError: If the lists are missing.
    """
    dataset = next((cfg[loader]['dataset'] for loader in loaders if cfg.get(loader)), None)
    if names is not None:
        return dataset_vocabulary(tuple(names), config_templates(dataset or {}))
    if dataset is None:
        raise ConfigError(
            ['the config has no data, so no class names are known: give --names or --classes'],
            cfg.filename,
        )
    meta = DATASETS.build(dict(dataset, lazy_init=True, _scope_='vamp_mm')).metainfo
    return Vocabulary(
        tuple(meta['classes']), tuple(meta['templates']), homonyms=tuple(meta.get('homonyms', ()))
    )


def config_templates(dataset: Mapping[str, Any]) -> str | Sequence[str]:
    """Templates of a dataset's config; no image and no list is looked for.

    Args:
        dataset: The config.

    Returns:
        Its own templates, or its source's, or else the plain one.
    """
    templates = dataset.get('templates')
    if templates is None and 'source' in dataset:
        templates = build_source(dataset['source']).templates
    return templates or DEFAULT_TEMPLATE
