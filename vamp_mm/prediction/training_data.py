"""Whether a test on the data of the training is of the same division and the same prompts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.config.data import holders
from vamp_mm.datasets.sources import build_source
from vamp_mm.evaluation.split_configs import split_dataset
from vamp_mm.files import RecordError, read_record
from vamp_mm.messages import some
from vamp_mm.registry import DATASETS
from vamp_mm.runs.data_note import LISTS
from vamp_mm.structures import as_read
from vamp_mm.weight_files import CheckpointError

from .checkpoint import Checkpoint
from .stored_config import plain_assignments


def doubts_of_test(cfg: Config, stored: Checkpoint, dataset: Any) -> list[str]:
    """What makes a test of a checkpoint another one than it seems.

    Args:
        cfg: The config that tests.
        stored: The checkpoint.
        dataset: The dataset of the test loop.

    Returns:
        Sentences; none if there is no doubt.
    """
    templates = getattr(dataset, 'metainfo', {}).get('templates') or ()
    return [
        *doubts_about_data(cfg, stored, tuple(templates)),
        *doubts_about_classes(cfg, stored),
    ]


def doubts_about_data(cfg: Config, stored: Checkpoint, templates: tuple[str, ...]) -> list[str]:
    """What makes a test on the dataset of the training another one than it was meant to be.

    Args:
        cfg: The config that tests.
        stored: The checkpoint; its run's ``data_split.json`` is looked for beside it.
        templates: Prompts of the test.

    Returns:
        Sentences; none if the test is on other data, or nothing is recorded.
    """
    trained = _trained_on(stored)
    tested = next((item for item in _tests(cfg) if _place(item) == trained), None)
    if trained is None or tested is None:
        return []
    doubts = []
    then = stored.classes.get('templates')
    if isinstance(then, tuple) and templates and then != templates:
        doubts.append(
            f'trained with the prompts {some([*map(repr, then)])} and tested with {some([*map(repr, templates)])} on the '
            'same data; zero-shot CLIP and methods that read prompts give other numbers: --template repeats those of the '
            'training'
        )
    if tested.get('split', 'train') != 'train' and (again := _trained_images(tested, stored)):
        doubts.append(
            f'{len(again)} of the test images were trained on ({some(again)}): the folder has changed since, so it is '
            f'divided in another way; copy {Path(stored.source).parent / LISTS} into {trained[0]} and give the copy as '
            '--dataset to test the division of the training'
        )
    return doubts


def doubts_about_classes(cfg: Config, stored: Checkpoint) -> list[str]:
    """Splits that a test calls seen, though some of their classes were not trained on.

    Args:
        cfg: The config that tests.
        stored: The checkpoint.

    Returns:
        Sentences; none if the classes of the training are not recorded.
    """
    trained = {as_read(name) for name in stored.classes.get('classes') or ()}
    splits: Mapping[str, Mapping[str, Any]] = (cfg.get('test_cfg') or {}).get('splits') or {}
    doubts = []
    for name, entry in splits.items() if trained else ():
        dataset = split_dataset(cfg.test_dataloader.dataset, entry) if entry.get('seen') else {}
        if str(dataset.get('type')).rpartition('.')[2] != 'FewShotDataset':
            continue
        built = DATASETS.build({**dataset, 'pipeline': [], 'lazy_init': True})
        classes = built.metainfo['classes']
        unseen = [word for word in classes if as_read(word) not in trained]
        if unseen:
            doubts.append(
                f'test_cfg.splits.{name} has seen=True, and {len(unseen)} of its {len(classes)} classes were not trained on '
                f'({some([*map(repr, unseen)])}): what the log says of trained classes is not true of these; test with the '
                f'protocol of the training, or set test_cfg.splits.{name}.seen=False'
            )
    return doubts


def _trained_on(stored: Checkpoint) -> tuple[str, str] | None:
    text = stored.meta.get('cfg_text')
    try:
        found = plain_assignments(text, ('train_dataloader',)) if isinstance(text, str) else {}
    except CheckpointError:
        return None
    loader = found.get('train_dataloader')
    dataset = loader.get('dataset') if isinstance(loader, Mapping) else None
    return _place(dataset) if isinstance(dataset, Mapping) else None


def _tests(cfg: Config) -> Iterator[Mapping[str, Any]]:
    loader = cfg.get('test_dataloader')
    if loader:
        yield from (holder['dataset'] for _, _, holder in holders({'test_dataloader': loader}))


def _place(dataset: Mapping[str, Any]) -> tuple[str, str] | None:
    """What tells a dataset from others: its folder and the kind of its source."""
    root, source = dataset.get('data_root'), dataset.get('source')
    if root is None or source is None:
        return None
    kind = source if isinstance(source, str) else source.get('type')
    return os.path.realpath(os.path.expanduser(str(root))), str(kind)


def _trained_images(tested: Mapping[str, Any], stored: Checkpoint) -> list[str]:
    """Images that the run's record has for training and a test would take."""
    file = Path(stored.source).parent / LISTS
    if not file.is_file():
        return []
    try:
        record = read_record(file)
    except RecordError:
        return []
    trained = {str(item[0]) for item in record.get('train') or () if item}
    split = build_source(tested['source']).read(os.path.expanduser(str(tested['data_root'])))
    return sorted(trained & {item.path for item in split.part(tested.get('split', 'test'))})
