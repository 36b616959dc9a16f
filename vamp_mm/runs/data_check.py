"""A look at the data of a config before anything expensive is built."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from logging import Logger
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from vamp_mm.config.data import LOADERS, holders
from vamp_mm.datasets.sources import build_source
from vamp_mm.evaluation.split_configs import split_dataset
from vamp_mm.registry import DATASETS


def check_lists(cfg: Config) -> None:
    """Read the lists of all few-shot datasets of a config: folders, split files, class names, shots.

    Weights may be large and slow to get; so the data are checked first. Images are looked up later, when the
    datasets are built.

    Args:
        cfg: A checked config.

    Raises:
        FileNotFoundError: If a folder or file is missing.
        DataError: If lists are wrong or do not fit what the run takes from them.
    """
    _warn_of_training_images(cfg)
    seen: list[dict[str, Any]] = []
    for dataset in _datasets(cfg):
        config = {**dataset, 'pipeline': [], 'lazy_init': True}
        if config not in seen:
            seen.append(config)
            DATASETS.build(config)


def say_doubts(cfg: Config, logger: Logger) -> None:
    """Log what is doubtful about the data of a test, such as a table beside class folders that is not read.

    A training reports the same while it records its data (:class:`~vamp_mm.runs.data_record.DataRecordHook`).

    Args:
        cfg: A checked config.
        logger: Where to report it.
    """
    places = {str((dataset['data_root'], dataset['source'])): dataset for dataset in _datasets(cfg)}
    notes = [
        note for dataset in places.values() if not isinstance(dataset['source'], str)
        for note in build_source(dataset['source']).notes(str(dataset['data_root']))
    ]  # fmt: skip
    for note in dict.fromkeys(notes):
        if note.startswith('WARNING'):
            logger.warning(note.removeprefix('WARNING: '))


def _warn_of_training_images(cfg: Config) -> None:
    dataset: Any = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    if dataset.get('split') == 'train':
        print_log(
            "test_dataloader.dataset.split='train': the accuracy is of training images, and no measure of the method; "
            "'test' is the published part",
            'current',
            logging.WARNING,
        )


def _datasets(cfg: Config) -> Iterator[Mapping[str, Any]]:
    splits: Mapping[str, Mapping[str, Any]] = (cfg.get('test_cfg') or {}).get('splits') or {'': {}}
    for loader in filter(cfg.get, LOADERS):
        for entry in list(splits.values()) if loader == 'test_dataloader' else [{}]:
            dataset = split_dataset(cfg[loader]['dataset'], entry)
            for _, _, holder in holders({loader: dict(dataset=dataset)}):
                kind = holder['dataset'].get('type')
                if isinstance(kind, str) and kind.split('.')[-1] == 'FewShotDataset':
                    yield holder['dataset']
