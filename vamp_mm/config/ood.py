"""OOD images: of classes whose names the model does not get: ``--ood``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.config import Config

from .errors import ConfigError
from .identity import dataset_name
from .protocols import other_dataset, trained_datasets

#: The split of the dataset's own novel classes, and the word for it on the command line; older files have ``unseen``.
UNSEEN = 'unseen'
NOVEL = 'novel'


def use_ood(cfg: Config, names: Sequence[str]) -> None:
    """Make a config also test how well uncertainty detects OOD images, in place.

    They are compared with the images of the first split whose classes are trained on (``base``, or all classes of the
    training set), and answered with its class names.

    Args:
        cfg: The config to change; its protocol is settled.
        names: ``novel`` for the novel classes of the same dataset; names of datasets, or paths of own data, of which
            all classes are taken (of class folders without parts all images, else the test part).

    Raises:
        ConfigError: If the config tests no named splits, there are no novel classes, or two datasets are called the same.
        FileNotFoundError: If a dataset is not known.
        DataError: If own data cannot be read.
    """
    splits = (cfg.get('test_cfg') or {}).get('splits')
    if not splits:
        raise ConfigError(
            ['--ood adds to the splits of a SplitTestLoop, and test_cfg of this config has none'],
            cfg.filename,
        )
    asked = _asked_about(cfg, splits)
    # name in the results -> what was written, and the split
    added: dict[str, tuple[str, dict[str, Any]]] = {}
    problems: list[str] = []
    for word in dict.fromkeys(NOVEL if name == UNSEEN else name for name in names):
        name, dataset = _found(cfg, word, splits[asked])
        first = added.setdefault(name, (word, dataset))[0]
        if name in splits or first != word:
            problems.append(
                f'--ood {word!r} is called {name!r} in results, and so is '
                f'{f"split {name!r}" if name in splits else repr(first)}; rename a folder, or test them in '
                'separate runs'
            )
    if problems:
        raise ConfigError(problems, cfg.filename)
    for name, (_, dataset) in added.items():
        cfg.test_cfg.splits[name] = dict(outside=asked, dataset=dataset, exclude=[])


def _asked_about(cfg: Config, splits: dict[str, Any]) -> str:
    """The split whose class names OOD images are answered with."""
    known = [name for name, split in splits.items() if 'outside' not in split]
    seen = [name for name in known if splits[name].get('seen')]
    if not seen and len(known) > 1:
        raise ConfigError(
            [
                f'--ood compares with images of classes that are trained on, and none of {known} is; add '
                "'source' to --targets"
            ],
            cfg.filename,
        )
    return (seen or known)[0]


def _found(cfg: Config, word: str, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Name and dataset of one word of the list."""
    own = cfg.test_dataloader.dataset
    if word in (NOVEL, UNSEEN):
        which = (asked.get('dataset') or {}).get('class_split', own.get('class_split', 'all'))
        if which != 'base':
            raise ConfigError(
                [
                    f'--ood {UNSEEN} is for models that answer only about the base classes, and this test '
                    f'answers about {which!r}; use --protocol base-to-novel, or name another dataset'
                ],
                cfg.filename,
            )
        return UNSEEN, dict(class_split='novel')
    dataset = other_dataset(cfg, word, next(trained_datasets(cfg), own), own)
    if dataset is None:
        raise ConfigError(
            [f'--ood {word!r} is the dataset that is tested; for its novel classes write {NOVEL}'],
            cfg.filename,
        )
    return dataset_name(dataset), dict(class_split='all', **dataset)
