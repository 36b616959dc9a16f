"""A user's own images in place of the dataset of a config."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.datasets.sources.detect import detect
from vamp_mm.datasets.sources.layout import Layout

from .data import LOADERS, holders, replace_data
from .errors import ConfigError


def use_own_data(cfg: Config, path: str | Path) -> None:
    """Replace the dataset of a config, in place, by a folder, a table or a split file.

    The layout of the data is detected (:func:`~vamp_mm.datasets.sources.detect.detect`). The
    transforms of the config stay, and with them the image size; so do shots and seeds.

    Args:
        cfg: The config to change.
        path: The folder or file.

    Raises:
        ConfigError: If the config has no dataset to replace.
        FileNotFoundError: If there is nothing at ``path``.
        DataError: If it cannot be read, or in several ways.
    """
    layout = detect(path)
    replace_data(
        cfg,
        lambda loader: dict(
            type='vamp_mm.FewShotDataset',
            data_root=_root(layout),
            source=dict(layout.source),
            dataset_name=_name(layout),
            split=LOADERS[loader],
        ),
    )


def own_target(path: str | Path) -> dict[str, Any]:
    """Own data to test on, besides the dataset that is trained on.

    Args:
        path: A folder, a table or a split file; of class folders without parts all images are taken.

    Returns:
        The keys of a FewShotDataset for them.

    Raises:
        FileNotFoundError: If there is nothing at ``path``.
        DataError: If it cannot be read, or in several ways.
    """
    layout = detect(path, testing=True)
    return dict(data_root=_root(layout), source=dict(layout.source), dataset_name=_name(layout))


def _root(layout: Layout) -> str:
    """The folder, absolute: ``--data-root`` replaces ``data``, not a path that a user gave."""
    return os.path.abspath(layout.data_root)


def _name(layout: Layout) -> str:
    return os.path.basename(os.path.abspath(layout.data_root))


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
        "'a photo of a {}, a type of bird.'"
        for text in templates
        if text.count('{}') != 1
    ]
    places = list(holders(cfg))
    if not places:
        problems.append('--template changes the prompts of the datasets, and this config has none')
    if problems:
        raise ConfigError(problems, cfg.filename)
    for _, _, holder in places:
        holder['dataset']['templates'] = list(templates)
