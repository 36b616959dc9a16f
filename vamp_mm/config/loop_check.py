"""Checks of loops, and of what they run over: dataloaders and evaluators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch.utils.data import DataLoader

from vamp_mm.evaluation.split_configs import split_dataset

from .part_checker import PartChecker
from .signatures import signature_of
from .usual_arguments import DATALOADER, SPLIT

_DATALOADER = frozenset({'num_batch_per_epoch', 'disable_subprocess_warning'})


def dataloader_keys() -> frozenset[str]:
    """The keys that a dataloader's dict may have, which names no type."""
    return signature_of(DataLoader).keys | _DATALOADER


def check_dataloader(checker: PartChecker, path: str, value: object) -> None:
    """Report what is wrong with a dataloader."""
    if not isinstance(value, Mapping):
        return
    checker.untyped(path, value, dataloader_keys())
    checker.values(path, value, DATALOADER)
    for key in ('dataset', 'sampler'):
        if key not in value:
            checker.problems.append(f'{path}: needs the key {key!r}')
    _check_batches(checker, path, value)
    for key in ('collate_fn', 'worker_init_fn'):
        if isinstance(value.get(key), Mapping):
            # The batch is passed to these functions, so they need more than the config gives.
            checker.types.resolve(f'{path}.{key}.type', value[key].get('type'), 'FUNCTIONS')
    for key in ('dataset', 'sampler', 'batch_sampler'):
        registry = 'DATASETS' if key == 'dataset' else 'DATA_SAMPLERS'
        checker.components(f'{path}.{key}', value.get(key), registry)


def _check_batches(checker: PartChecker, path: str, value: Mapping[str, Any]) -> None:
    """Keys that torch refuses beside a sampler, which every dataloader has, or beside a batch sampler."""
    if value.get('shuffle'):
        checker.problems.append(
            f'{path}.shuffle={value["shuffle"]!r} cannot be combined with {path}.sampler: set '
            f'{path}.sampler.shuffle'
        )
    if value.get('batch_sampler') is not None:
        if value.get('drop_last'):
            checker.problems.append(
                f'{path}.drop_last={value["drop_last"]!r} cannot be combined with {path}.batch_sampler: set '
                f'{path}.batch_sampler.drop_last, if it has that key'
            )
        if 'batch_size' not in value:
            checker.problems.append(
                f"{path}: needs the key 'batch_size', which its batch_sampler gets"
            )


def check_evaluator(checker: PartChecker, path: str, value: object) -> None:
    """Report what is wrong with an evaluator, or a list of metrics."""
    if isinstance(value, Mapping) and 'metrics' in value:
        value = {'type': 'Evaluator', **value}
        checker.types.visit(path, value, 'EVALUATOR')
    else:
        checker.components(path, value, 'METRICS')


def check_loop(checker: PartChecker, path: str, value: object) -> None:
    """Report what is wrong with a loop and its class splits."""
    if not isinstance(value, Mapping):
        return
    default = {'val_cfg': 'ValLoop', 'test_cfg': 'TestLoop'}.get(path)
    if default is None:
        default = 'EpochBasedTrainLoop' if value.get('by_epoch', True) else 'IterBasedTrainLoop'
    by_epoch = frozenset() if 'type' in value else frozenset({'by_epoch'})
    bound = {'type': default, **value}
    checker.types.bind(path, bound, 'LOOPS', also=by_epoch, skip=frozenset({'splits'}))
    if isinstance(value.get('splits'), Mapping):
        _check_splits(checker, path, value['splits'])


def _check_splits(checker: PartChecker, path: str, splits: Mapping[str, Any]) -> None:
    """The class splits of a test loop: overrides of the dataset that the loop's dataloader holds."""
    dataset = _dataset(checker, path.replace('_cfg', '_dataloader'))
    trained = _dataset(checker, 'train_dataloader')
    for name, split in splits.items():
        if not isinstance(split, Mapping):
            checker.problems.append(f'{path}.splits.{name}={split!r} must be a dict')
            continue
        keys = {'outside', 'dataset', 'exclude'} if 'outside' in split else {'seen', 'dataset'}
        checker.untyped(f'{path}.splits.{name}', split, frozenset(keys))
        checker.values(f'{path}.splits.{name}', split, SPLIT)
        if 'seen' not in split and 'outside' not in split:
            checker.problems.append(f"{path}.splits.{name}: needs the key 'seen'")
        overrides = split.get('dataset')
        if (
            isinstance(overrides, Mapping)
            and isinstance(dataset, Mapping)
            and {*dataset, *overrides} >= {'type'}
        ):
            tested = split_dataset(dataset, split)
            checker.types.visit(f'{path}.splits.{name}.dataset', tested, 'DATASETS')
            if trained is not None and split.get('seen') and not _was_seen(tested, trained):
                checker.problems.append(
                    f'{path}.splits.{name} has seen=True for class_split={tested.get("class_split")!r}, and '
                    f'train_dataloader.dataset.class_split={trained["class_split"]!r} trains on other classes: '
                    'set seen=False, or train on the classes that are tested as seen'
                )


def _dataset(checker: PartChecker, key: str) -> Mapping[str, Any] | None:
    loader = checker.cfg.get(key)
    dataset = loader.get('dataset') if isinstance(loader, Mapping) else None
    return dataset if isinstance(dataset, Mapping) else None


def _was_seen(tested: Mapping[str, Any], trained: Mapping[str, Any]) -> bool:
    """Whether the classes of a test on the dataset that was trained on are among those that were trained on."""
    if any(tested.get(key) != trained.get(key) for key in ('type', 'source', 'data_root')):
        return True  # another dataset: its names say what they share
    half = trained.get('class_split')
    return half not in ('base', 'novel') or tested.get('class_split', half) == half
