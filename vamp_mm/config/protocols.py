"""What is trained on and what is tested: the protocols of the benchmark, for every method and dataset."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.evaluation.harmonic import AVERAGE

from .data import holders
from .dataset_files import dataset_file, is_dataset_file, is_own_data
from .errors import ConfigError, closest
from .files import read_config
from .identity import dataset_name
from .own_data import own_target
from .paths import base_folders

#: In a list of targets: the dataset that is trained on.
SOURCE = 'source'
_RENAME = 'rename the folder of one, or test them in separate runs'
#: What a protocol file may set.
_KEYS = frozenset({'train_dataloader', 'test_evaluator', 'test_cfg', 'targets'})


def use_protocol(
    cfg: Config,
    name: str,
    targets: Sequence[str] | None = None,
    templates: Sequence[str] | None = None,
) -> None:
    """Make a config follow a protocol, in place.

    A protocol file in ``configs/_base_/protocols`` sets which classes are trained on, and what is tested: class
    splits of the same dataset (``test_cfg``) or all classes of other ones (``targets``). Everything else (data,
    transforms, batch sizes, schedule) stays; :func:`~vamp_mm.config.compose` lets the method's published settings follow.

    Args:
        cfg: The config to change.
        name: Name of a protocol file, with ``-`` or ``_``, or a path to such a file.
        targets: Datasets to test on in place of the file's: names, or paths of own data, of which all images are
            taken where they have no parts; ``source`` is the one trained on.
        templates: Prompts of all targets, in place of each one's own.

    Raises:
        ConfigError: If there is no such protocol, it has no targets to replace, the config tests nothing, or two of
            the datasets are called the same.
        FileNotFoundError: If a target is not known.
    """
    protocol = read_config(_protocol_file(cfg, name))
    unknown = sorted(set(protocol) - _KEYS)
    if unknown:
        raise ConfigError(
            [f'protocol {name!r} sets {unknown}; allowed: {sorted(_KEYS)}'], protocol.filename
        )
    if targets is not None and 'targets' not in protocol:
        raise ConfigError(
            [
                f'--targets goes with a protocol that has some (cross-dataset, domain-generalization); '
                f'{name!r} tests on the dataset that it trains on'
            ],
            cfg.filename,
        )
    if not cfg.get('test_dataloader'):
        raise ConfigError(
            ['--protocol sets what is tested, and this config has no test_dataloader'], cfg.filename
        )
    for dataset in trained_datasets(cfg):
        dataset['class_split'] = protocol.train_dataloader.dataset.class_split
    if 'test_evaluator' in protocol:
        cfg.test_evaluator = protocol.test_evaluator
    if 'targets' in protocol:
        cfg.test_cfg = _test_of(cfg, list(dict.fromkeys(targets or protocol.targets)))
        if templates is not None:
            for split in cfg.test_cfg.splits.values():
                split['dataset']['templates'] = list(templates)
    else:
        cfg.test_cfg = protocol.test_cfg


def _test_of(cfg: Config, targets: Sequence[str]) -> dict[str, Any]:
    """A test loop over all classes of several datasets; two that would be called the same are an error."""
    own = cfg.test_dataloader.dataset
    trained = next(trained_datasets(cfg), own)
    source = dataset_name(trained)
    asked: dict[str, tuple[str, Any]] = {}  # name in the results -> what was written, and the split
    problems: list[str] = []
    for target in targets:
        dataset = other_dataset(cfg, target, trained, own)
        if dataset is None:
            name, split = source, dict(seen=True, dataset=dict(class_split='all'))
        else:
            # MMRL's rule: on every dataset but the one trained on, classes count as not seen
            name, split = (
                dataset_name(dataset),
                dict(seen=False, dataset=dict(class_split='all', **dataset)),
            )
            if name == source:
                problems.append(
                    f'target {target!r} and the dataset trained on ({trained.get("data_root")}) are both '
                    f'called {name!r}; {_RENAME}'
                )
        if name == AVERAGE:
            problems.append(
                f'target {target!r} is called {name!r}, as the mean over all targets is; {_RENAME}'
            )
        first, other = asked.setdefault(name, (target, split))
        if other != split and name != source:
            problems.append(
                f'targets {first!r} and {target!r} are both called {name!r}, and results are distinguished by '
                f'that name; {_RENAME}'
            )
    if problems:
        raise ConfigError(problems, cfg.filename)
    splits = {f'{name}/all': split for name, (_, split) in asked.items()}
    return dict(type='SplitTestLoop', splits=splits, trained_on=source if source in asked else None)


def other_dataset(
    cfg: Config, target: str, trained: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What distinguishes a target from the dataset trained on; None if it is that one, by name or by path.

    Args:
        cfg: The config.
        target: A name, a path of own data, or ``source``.
        trained: Config of the dataset trained on.
        own: Config of the test set.

    Returns:
        Keys of a FewShotDataset.
    """
    path = target != SOURCE and is_own_data(cfg, target)
    if target == SOURCE or (
        target == dataset_name(trained) and not path and not is_dataset_file(cfg, target)
    ):
        return None
    dataset = _target(cfg, target, own)
    same = _lists(dataset.get('source')) == _lists(trained.get('source'))
    if path or dataset.get('source') is None:  # a dataset file only has where its data usually are
        roots = [
            os.path.realpath(os.path.expanduser(item['data_root']))
            for item in (dataset, trained)
            if 'data_root' in item
        ]
        same = same and len(roots) == 2 and roots[0] == roots[1]
    return None if same else dataset


def _lists(source: Any) -> Any:
    """What distinguishes lists in the config of a source: not the prompts, nor whether the images are divided."""
    if not isinstance(source, Mapping):
        return source
    if 'name' in source:
        return source['name']
    kept = {key: value for key, value in source.items() if key not in ('templates', 'split_seed')}
    kept['type'] = str(kept.get('type')).split('.')[-1]
    if kept['type'] == 'ImageFolder' and 'test' in kept and set(kept) <= {'type', 'test', 'level'}:
        kept['undivided'] = kept.pop('test')  # own_target takes all images for testing
    return kept


def _target(cfg: Config, name: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """What distinguishes the test set of another dataset from that of the config."""
    if is_own_data(cfg, name):
        new = own_target(name)
        return {**new, 'templates': own['templates']} if 'templates' in own else new
    new = read_config(dataset_file(cfg, name)).test_dataloader.dataset
    keys = [
        key
        for key in ('data_root', 'source', 'templates', 'dataset_name')
        if key in new or key in own
    ]
    return {key: new.get(key) for key in keys}


def trained_datasets(cfg: Config) -> Iterator[dict[str, Any]]:
    """The datasets of training and validation, below wrappers such as RepeatDataset."""
    yield from (
        holder['dataset'] for loader, _, holder in holders(cfg) if loader != 'test_dataloader'
    )


def _protocol_file(cfg: Config, name: str) -> Path:
    if name.endswith('.py') and Path(name).is_file():
        return Path(name)
    roots = base_folders(cfg.filename, 'protocols')
    files = {file.stem: file for root in reversed(roots) for file in root.glob('*.py')}
    key = name.replace('-', '_')
    if key not in files:
        known = [stem.replace('_', '-') for stem in files]
        raise ConfigError(
            [f'--protocol {name!r} is not known; {closest(name, known)}'], cfg.filename
        )
    return files[key]
