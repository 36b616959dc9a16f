"""A user's own images in the place of the dataset of a config."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from vamp_mm.datasets.sources.detect import detect

from .data_configs import LOADERS, holders
from .errors import ConfigError

#: What of a dataset of the config survives: the experiment and the image size, not the data.
_KEPT = ('allow_short', 'augment_seed', 'cache_mb', 'class_split', 'pipeline', 'seed', 'shots',
         'split', 'unreadable')


def use_own_data(cfg: Config, path: str | Path) -> None:
    """Put a folder, a table or a split file in the place of the config's dataset, in place.

    How the data are laid out is found out (:func:`~vamp_mm.datasets.sources.detect.detect`). The
    transforms of the config stay, and with them the image size; so do shots and seeds.

    Args:
        cfg: The config to change.
        path: The folder or file.

    Raises:
        ConfigError: If the config has no dataset to replace.
        FileNotFoundError: If there is nothing at ``path``.
        DataError: If it cannot be read, or in several ways.
    """
    trains = bool(cfg.get('train_dataloader'))
    layout = detect(path, testing=not trains)
    name = os.path.basename(os.path.abspath(layout.data_root))
    places = list(holders(cfg))
    if not places:
        raise ConfigError(['--dataset replaces the data of a config, and this one has none'], cfg.filename)
    for loader, _, holder in places:
        kept = {key: holder['dataset'][key] for key in _KEPT if key in holder['dataset']}
        holder['dataset'] = dict(
            type='vamp_mm.FewShotDataset', data_root=layout.data_root,
            source=dict(layout.source), dataset_name=name, **{'split': LOADERS[loader], **kept})
    _use_all_classes(cfg)


def _use_all_classes(cfg: Config) -> None:
    """Train on all classes and test on them, whatever protocol the config followed."""
    for loader, _, holder in holders(cfg):
        if loader != 'test_dataloader':
            holder['dataset']['class_split'] = 'all'
    if str((cfg.get('test_cfg') or {}).get('type')).split('.')[-1] == 'SplitTestLoop':
        cfg.test_cfg.splits = dict(all=dict(seen=True, dataset=dict(class_split='all')))


def set_templates(cfg: Config, templates: Sequence[str]) -> None:
    """Give all datasets of a config their prompts, in place.

    Args:
        cfg: The config to change.
        templates: Sentences with one ``{}`` for the class name; several form an ensemble.

    Raises:
        ConfigError: If a sentence has not exactly one ``{}``, or no dataset takes templates.
    """
    problems = [
        f"--template {text!r} must hold exactly one '{{}}' for the class name, for example "
        "'a photo of a {}, a type of bird.'" for text in templates if text.count('{}') != 1
    ]
    places = list(holders(cfg))
    if not places:
        problems.append('--template changes the prompts of the datasets, and this config has none')
    if problems:
        raise ConfigError(problems, cfg.filename)
    for _, _, holder in places:
        holder['dataset']['templates'] = list(templates)
