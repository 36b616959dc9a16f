"""What is trained on and what is tested: the protocols of the benchmark, for every method and dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

import vamp_mm

from .data_configs import holders
from .dataset_files import dataset_file, is_own_data
from .errors import ConfigError, closest
from .identity import dataset_name
from .own_data import own_target

#: In a list of targets: the dataset that is trained on.
SOURCE = 'source'
#: What a protocol file may set.
_KEYS = frozenset({'train_dataloader', 'test_evaluator', 'test_cfg', 'targets'})


def use_protocol(cfg: Config, name: str, targets: Sequence[str] | None = None) -> None:
    """Make a config follow a protocol, in place.

    A protocol file in ``configs/_base_/protocols`` says which classes are trained on, and what is tested: class
    splits of the same dataset (``test_cfg``) or all classes of other ones (``targets``). Everything else (data,
    transforms, batch sizes, schedule) stays.

    Args:
        cfg: The config to change.
        name: Name of a protocol file, with ``-`` or ``_``, or a path to such a file.
        targets: Datasets to test on in place of the file's: names, or paths of own data, of which all images are
            taken where they have no parts; ``source`` is the one trained on.

    Raises:
        ConfigError: If there is no such protocol, it has no targets to replace, or the config tests nothing.
        FileNotFoundError: If a target is not known.
    """
    protocol = Config.fromfile(_protocol_file(cfg, name))
    unknown = sorted(set(protocol) - _KEYS)
    if unknown:
        raise ConfigError([f'protocol {name!r} sets {unknown}; allowed: {sorted(_KEYS)}'], protocol.filename)
    if targets is not None and 'targets' not in protocol:
        raise ConfigError([f'--targets goes with a protocol that has some (cross-dataset, domain-generalization); '
                           f'{name!r} tests on the dataset that it trains on'], cfg.filename)
    if not cfg.get('test_dataloader'):
        raise ConfigError(['--protocol says what is tested, and this config has no test_dataloader'], cfg.filename)
    for dataset in _trained_on(cfg):
        dataset['class_split'] = protocol.train_dataloader.dataset.class_split
    if 'test_evaluator' in protocol:
        cfg.test_evaluator = protocol.test_evaluator
    if 'targets' in protocol:
        cfg.test_cfg = _test_of(cfg, list(dict.fromkeys(targets or protocol.targets)))
    else:
        cfg.test_cfg = protocol.test_cfg


def _test_of(cfg: Config, targets: Sequence[str]) -> dict[str, Any]:
    """A test loop over all classes of several datasets."""
    own = cfg.test_dataloader.dataset
    source = dataset_name(next(_trained_on(cfg), own))
    splits: dict[str, Any] = {}
    for target in targets:
        if target in (SOURCE, source):
            splits[f'{source}/all'] = dict(seen=True, dataset=dict(class_split='all'))
            continue
        dataset = _target(cfg, target, own)
        # MMRL's rule: on every dataset but the one trained on, classes count as not seen
        splits[f'{dataset_name(dataset)}/all'] = dict(seen=False, dataset=dict(class_split='all', **dataset))
    trained = source if f'{source}/all' in splits else None
    return dict(type='SplitTestLoop', splits=splits, trained_on=trained)


def _target(cfg: Config, name: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """What distinguishes the test set of another dataset from that of the config."""
    if is_own_data(cfg, name):
        new = own_target(name)
        return {**new, 'templates': own['templates']} if 'templates' in own else new
    new = Config.fromfile(dataset_file(cfg, name)).test_dataloader.dataset
    keys = [key for key in ('data_root', 'source', 'templates', 'dataset_name') if key in new or key in own]
    return {key: new.get(key) for key in keys}


def _trained_on(cfg: Config) -> Iterator[dict[str, Any]]:
    """The datasets of training and validation, below wrappers such as RepeatDataset."""
    yield from (holder['dataset'] for loader, _, holder in holders(cfg) if loader != 'test_dataloader')


def _protocol_file(cfg: Config, name: str) -> Path:
    if name.endswith('.py') and Path(name).is_file():
        return Path(name)
    # The config's own tree first, so that a project beside this one brings its own protocols.
    roots = [parent / '_base_' / 'protocols' for parent in Path(cfg.filename).resolve().parents]
    roots.append(Path(vamp_mm.__file__).parents[1] / 'configs' / '_base_' / 'protocols')
    files = {file.stem: file for root in reversed(roots) for file in root.glob('*.py')}
    key = name.replace('-', '_')
    if key not in files:
        raise ConfigError([f'--protocol {name!r} is not known; {closest(key, files)}'], cfg.filename)
    return files[key]
